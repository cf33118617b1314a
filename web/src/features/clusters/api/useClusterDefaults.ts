import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { ClusterConfig } from "@/shared/api/types";

/** The configuration that a new cluster starts with. */
export function useClusterDefaults() {
  return useQuery({ queryKey: keys.clusterDefaults, queryFn: ({ signal }) => getJson<ClusterConfig>("/clusters/defaults", signal), staleTime: 60_000 });
}
