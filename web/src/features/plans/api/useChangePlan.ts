import { useMutation, useQueryClient } from "@tanstack/react-query";
import { patchJson, postJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Misplaced, Plan, PlanChanges } from "@/shared/api/types";

/** Data that depend on a plan's files are fetched again after a change: its check, its outline, its revisions. */
function useChange<Asked>(id: string, change: (asked: Asked) => Promise<Plan>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async (plan) => {
      client.setQueryData(keys.plan(id), plan);
      await client.invalidateQueries({ queryKey: keys.plans });
    },
  });
}

/** Changes the plan's name, or which .jmx is its main file. */
export function useEditPlan(id: string) {
  return useChange(id, (changes: Partial<PlanChanges>) => patchJson<Plan>(`/plans/${id}`, changes));
}

export function useMoveFile(id: string) {
  return useChange(id, (moved: Misplaced) => postJson<Plan>(`/plans/${id}/move`, moved));
}

/** Restores the files of an earlier revision as a new revision. */
export function useRestoreRevision(id: string) {
  return useChange(id, (revision: number) => postJson<Plan>(`/plans/${id}/revisions/${revision}/restore`));
}

/** Copies a plan; the answer is the copy. */
export function useDuplicatePlan(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string | null) => postJson<Plan>(`/plans/${id}/duplicate`, { name }),
    onSuccess: async (copy) => {
      client.setQueryData(keys.plan(copy.id), copy);
      await client.invalidateQueries({ queryKey: ["plans", "list"] });
    },
  });
}
