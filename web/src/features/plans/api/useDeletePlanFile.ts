import { useMutation, useQueryClient } from "@tanstack/react-query";
import { encodePath, removeJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Plan } from "@/shared/api/types";

export function useDeletePlanFile(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (path: string) => removeJson<Plan>(`/plans/${id}/files/${encodePath(path)}`),
    onSuccess: async (plan) => {
      client.setQueryData(keys.plan(id), plan);
      await client.invalidateQueries({ queryKey: keys.plans });
    },
  });
}
