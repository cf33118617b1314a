import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { ClusterEvent } from "@/shared/api/types";

export function useClusterEvents(id: string, settled: boolean) {
  return useQuery({
    queryKey: keys.clusterEvents(id),
    queryFn: ({ signal }) => getJson<ClusterEvent[]>(`/clusters/${id}/events`, signal),
    refetchInterval: settled ? 10_000 : 1500,
  });
}
