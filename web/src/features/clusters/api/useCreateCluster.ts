import { useMutation, useQueryClient } from "@tanstack/react-query";
import { postJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Cluster, NewCluster } from "@/shared/api/types";

export function useCreateCluster() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (cluster: NewCluster) => postJson<Cluster>("/clusters", cluster),
    onSuccess: (cluster) => {
      client.setQueryData(keys.cluster(cluster.id), cluster);
      void client.invalidateQueries({ queryKey: ["clusters", "list"] });
    },
  });
}
