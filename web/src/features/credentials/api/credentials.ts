import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getJson, postJson, putJson, remove } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { CredentialView, EnvironmentCredentials, NewCredential } from "@/shared/api/types";

/** The user's own sets; an administrator sees names and owners of all. */
export function useCredentials(asked = true) {
  return useQuery({ queryKey: keys.credentials, queryFn: ({ signal }) => getJson<CredentialView[]>("/credentials", signal), enabled: asked });
}

/** Whether clusters may use the server's own. */
export function useEnvironmentCredentials(asked = true) {
  return useQuery({ queryKey: keys.credentialsEnvironment, queryFn: ({ signal }) => getJson<EnvironmentCredentials>("/credentials/environment", signal), enabled: asked, staleTime: 60_000 });
}

export interface SaveCredential {
  /** The set whose secret is replaced; null creates a new one. */
  id: string | null;
  credential: NewCredential;
  /** The identity is requested from AWS before the set is saved. */
  tests: boolean;
}

export function useSaveCredential() {
  const client = useQueryClient();
  return useMutation({
    // Secrets are not kept in the cache of finished requests.
    gcTime: 0,
    mutationFn: ({ id, credential, tests }: SaveCredential) => {
      const query = tests ? "" : "?test=false";
      return id === null ? postJson<CredentialView>(`/credentials${query}`, credential) : putJson<CredentialView>(`/credentials/${id}${query}`, credential);
    },
    onSuccess: () => client.invalidateQueries({ queryKey: keys.credentials }),
  });
}

export function useTestCredential() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => postJson<CredentialView>(`/credentials/${id}/test`),
    // Also after an error: the set then has that error.
    onSettled: () => client.invalidateQueries({ queryKey: keys.credentials }),
  });
}

export function useDeleteCredential(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove(`/credentials/${id}`),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.credentials }),
  });
}
