import { useMutation, useQueryClient } from "@tanstack/react-query";
import { postJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Cluster } from "@/shared/api/types";

/** Adopts a cluster without a row: the user becomes its owner. */
export function useAdoptOrphan(clusterId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => postJson<Cluster>(`/orphans/${clusterId}/adopt`),
    onSuccess: (cluster) => {
      client.setQueryData(keys.cluster(cluster.id), cluster);
      void client.invalidateQueries({ queryKey: keys.machines });
    },
  });
}
