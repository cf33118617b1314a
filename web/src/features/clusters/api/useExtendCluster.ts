import { useMutation, useQueryClient } from "@tanstack/react-query";
import { postJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Cluster } from "@/shared/api/types";

export function useExtendCluster(id: string) {
  const client = useQueryClient();
  return useMutation({
    /** `requested_ms` is the end that was promised for it; the page shows whether it came so. */
    mutationFn: ({ minutes }: { minutes: number; requested_ms: number }) => postJson<Cluster>(`/clusters/${id}/extend`, { minutes }),
    onSuccess: (cluster) => client.setQueryData(keys.cluster(id), cluster),
  });
}
