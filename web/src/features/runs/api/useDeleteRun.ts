import { useMutation, useQueryClient } from "@tanstack/react-query";
import { remove } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";

/** `onDeleted` is also called if the page already shows that the run is gone. */
export function useDeleteRun(id: string, onDeleted: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove(`/runs/${id}`),
    onSuccess: () => {
      onDeleted();
      client.removeQueries({ queryKey: keys.run(id) });
      return client.invalidateQueries({ queryKey: ["runs", "list"] });
    },
  });
}
