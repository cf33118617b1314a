import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getJson, remove } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { SessionView } from "@/shared/api/types";

/** The user's own sessions, including this one. */
export function useSessions() {
  return useQuery({ queryKey: keys.sessions, queryFn: ({ signal }) => getJson<SessionView[]>("/account/sessions", signal) });
}

export function useEndSession() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => remove(`/account/sessions/${id}`),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.sessions }),
  });
}
