import { useMutation, useQueryClient } from "@tanstack/react-query";
import { postJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Cluster } from "@/shared/api/types";

export function useExtendCluster(id: string) {
  const client = useQueryClient();
  return useMutation({
    /** `requested_ms`: the end shown to the user; the page shows whether the result differs. */
    mutationFn: ({ minutes }: { minutes: number; requested_ms: number }) => postJson<Cluster>(`/clusters/${id}/extend`, { minutes }),
    onSuccess: (cluster) => client.setQueryData(keys.cluster(id), cluster),
  });
}
