import { useMutation, useQueryClient } from "@tanstack/react-query";
import { postJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Session } from "@/shared/api/types";

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (token: string) => postJson<Session>("/session", { token }),
    meta: { signsIn: true },
    onSuccess: (session) => client.setQueryData(keys.session, session),
  });
}
