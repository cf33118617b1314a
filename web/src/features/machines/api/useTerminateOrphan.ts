import { useMutation, useQueryClient } from "@tanstack/react-query";
import { remove } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";

export function useTerminateOrphan(clusterId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove(`/orphans/${clusterId}`),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.machines }),
  });
}
