import { useMutation, useQueryClient } from "@tanstack/react-query";
import { patchJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Plan } from "@/shared/api/types";

/** Which of the files that the plan writes are kept for each run. */
export function useKeepFiles(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (keep: string[]) => patchJson<Plan>(`/plans/${id}/keep`, { keep }),
    onSuccess: (plan) => client.setQueryData(keys.plan(id), plan),
  });
}
