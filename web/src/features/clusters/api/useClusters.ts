import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Cluster } from "@/shared/api/types";

/** Clusters, newest first; with `ended` also those that are gone. */
export function useClusters(ended = false) {
  return useQuery({
    queryKey: keys.clusterList(ended),
    queryFn: ({ signal }) => getJson<Cluster[]>(ended ? "/clusters?ended=true" : "/clusters", signal),
    refetchInterval: 10_000,
  });
}
