import { useMutation, useQueryClient } from "@tanstack/react-query";
import { postJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import { keepPageSecret } from "@/shared/api/pageSecret";
import type { Session, SignedIn } from "@/shared/api/types";

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (token: string) => postJson<SignedIn>("/session", { token }),
    meta: { signsIn: true },
    onSuccess: ({ user, page }) => {
      keepPageSecret(page);
      client.setQueryData(keys.session, { user } satisfies Session);
    },
  });
}
