import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getJson, postJson, putJson, remove } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { NewSearchTarget, OwnTarget, TargetTest } from "@/shared/api/types";

/** The user's own search targets; an administrator sees all users'. */
export function useTargets() {
  return useQuery({ queryKey: keys.ownTargets, queryFn: ({ signal }) => getJson<OwnTarget[]>("/search/own", signal) });
}

export interface SaveTarget {
  /** The target to replace, including its secret; null creates a new one. */
  id: string | null;
  target: NewSearchTarget;
  /** The target is identified before it is saved. */
  tests: boolean;
}

export function useSaveTarget() {
  const refresh = useRefresh();
  return useMutation({
    // Secrets are not kept in the cache of finished requests.
    gcTime: 0,
    mutationFn: ({ id, target, tests }: SaveTarget) => {
      const query = tests ? "" : "?test=false";
      return id === null ? postJson<OwnTarget>(`/search/own${query}`, target) : putJson<OwnTarget>(`/search/own/${id}${query}`, target);
    },
    onSuccess: refresh,
  });
}

export function useTestTarget(id: string) {
  return useMutation({ mutationFn: () => postJson<TargetTest>(`/search/targets/${id}/test`) });
}

export function useDeleteTarget(id: string) {
  const refresh = useRefresh();
  return useMutation({ mutationFn: () => remove(`/search/own/${id}`), onSuccess: refresh });
}

/** The sets of credentials show which targets use them. */
function useRefresh() {
  const client = useQueryClient();
  return () => Promise.all([client.invalidateQueries({ queryKey: keys.ownTargets }), client.invalidateQueries({ queryKey: keys.credentials })]);
}
