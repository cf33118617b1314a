import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getJson, postJson, remove } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { CreatedToken, NewToken, TokenView } from "@/shared/api/types";

export function useTokens() {
  return useQuery({ queryKey: keys.tokens, queryFn: ({ signal }) => getJson<TokenView[]>("/account/tokens", signal) });
}

export function useCreateToken() {
  const client = useQueryClient();
  return useMutation({
    // The secret exists only while its dialog is open, and nowhere else.
    gcTime: 0,
    mutationFn: (token: NewToken) => postJson<CreatedToken>("/account/tokens", token),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.tokens }),
  });
}

export function useRevokeToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => remove(`/account/tokens/${id}`),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.tokens }),
  });
}
