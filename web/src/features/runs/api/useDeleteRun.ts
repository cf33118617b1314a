import { useMutation, useQueryClient } from "@tanstack/react-query";
import { remove } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";

export function useDeleteRun(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove(`/runs/${id}`),
    onSuccess: () => {
      client.removeQueries({ queryKey: keys.run(id) });
      return client.invalidateQueries({ queryKey: ["runs", "list"] });
    },
  });
}
