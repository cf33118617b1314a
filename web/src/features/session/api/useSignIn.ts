import { useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { postJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import { keepPageSecret } from "@/shared/api/pageSecret";
import type { SignedIn } from "@/shared/api/types";

function begin(client: QueryClient, { page, session }: SignedIn): void {
  keepPageSecret(page);
  client.removeQueries({ queryKey: keys.signedOut });
  client.setQueryData(keys.session, session);
}

/** With a one-time link: the first administrator's, an invitation, a reset. */
export function useLinkSignIn() {
  const client = useQueryClient();
  return useMutation({
    gcTime: 0,
    mutationFn: (token: string) => postJson<SignedIn>("/session", { token }),
    onSuccess: (signedIn) => begin(client, signedIn),
  });
}

export function usePasswordSignIn() {
  const client = useQueryClient();
  return useMutation({
    // Passwords are not kept in the cache of finished requests.
    gcTime: 0,
    mutationFn: (request: { name: string; password: string }) => postJson<SignedIn>("/session/password", request),
    onSuccess: (signedIn) => begin(client, signedIn),
  });
}
