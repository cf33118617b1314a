import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Cluster } from "@/shared/api/types";
import { isSettled } from "../clusterWords";

/** One cluster; polled more often while its phase is about to change. */
export function useCluster(id: string, asked = true) {
  return useQuery({
    enabled: asked,
    queryKey: keys.cluster(id),
    queryFn: ({ signal }) => getJson<Cluster>(`/clusters/${id}`, signal),
    refetchInterval: (query) => (query.state.data !== undefined && !isSettled(query.state.data.phase) ? 1500 : 10_000),
  });
}
