import { useMutation, useQueryClient } from "@tanstack/react-query";
import { putJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Plan, PlanCriteria } from "@/shared/api/types";

/** Saves a plan's criteria; `version` is the version that was edited. */
export function useSetCriteria(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (criteria: PlanCriteria) => putJson<PlanCriteria>(`/plans/${id}/criteria`, criteria),
    onSuccess: (criteria) => client.setQueryData(keys.plan(id), (plan: Plan | undefined) => plan && { ...plan, criteria }),
    // Another user was faster: the page continues with their version.
    onError: () => client.invalidateQueries({ queryKey: keys.plan(id) }),
  });
}
