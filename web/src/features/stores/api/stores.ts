import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getJson, postJson, postNothing, putJson, remove } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { NewResultsStore, ResultsStore } from "@/shared/api/types";

/** The user's own stores for results, the current one first; an administrator sees all users'. */
export function useStores() {
  return useQuery({ queryKey: keys.stores, queryFn: ({ signal }) => getJson<ResultsStore[]>("/stores", signal) });
}

export interface SaveStore {
  /** The store to edit; null: a new one, to which runs are uploaded from now on. */
  id: string | null;
  store: NewResultsStore;
  /** An object is written there, read and removed before the store is saved. */
  tests: boolean;
}

export function useSaveStore() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ id, store, tests }: SaveStore) => {
      const query = tests ? "" : "?test=false";
      return id === null ? postJson<ResultsStore>(`/stores${query}`, store) : putJson<ResultsStore>(`/stores/${id}${query}`, store);
    },
    onSuccess: refresh,
  });
}

export function useTestStore(id: string) {
  return useMutation({ mutationFn: () => postNothing(`/stores/${id}/test`) });
}

export function useLeaveStore(id: string) {
  const refresh = useRefresh();
  return useMutation({ mutationFn: () => remove(`/stores/${id}`), onSuccess: refresh });
}

/** The sets of credentials show which stores use them. */
function useRefresh() {
  const client = useQueryClient();
  return () => Promise.all([client.invalidateQueries({ queryKey: keys.stores }), client.invalidateQueries({ queryKey: keys.credentials })]);
}
