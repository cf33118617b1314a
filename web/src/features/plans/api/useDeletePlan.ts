import { useMutation, useQueryClient } from "@tanstack/react-query";
import { remove } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";

export function useDeletePlan(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove(`/plans/${id}`),
    onSuccess: () => {
      client.removeQueries({ queryKey: keys.plan(id) });
      return client.invalidateQueries({ queryKey: ["plans", "list"] });
    },
  });
}
