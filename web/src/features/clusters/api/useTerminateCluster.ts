import { useMutation, useQueryClient } from "@tanstack/react-query";
import { postJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Cluster } from "@/shared/api/types";

export function useTerminateCluster(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => postJson<Cluster>(`/clusters/${id}/terminate`),
    onSuccess: (cluster) => {
      client.setQueryData(keys.cluster(id), cluster);
      void client.invalidateQueries({ queryKey: ["clusters", "list"] });
    },
  });
}
