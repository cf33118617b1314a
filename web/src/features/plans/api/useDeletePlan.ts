import { useMutation, useQueryClient } from "@tanstack/react-query";
import { remove } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";

/** `onDeleted` is also called if the page already shows that the plan is gone. */
export function useDeletePlan(id: string, onDeleted: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove(`/plans/${id}`),
    onSuccess: () => {
      onDeleted();
      client.removeQueries({ queryKey: keys.plan(id) });
      return client.invalidateQueries({ queryKey: ["plans", "list"] });
    },
  });
}
