import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { StartConfig } from "../clusterForm";

/** The default configuration of a new cluster, including the EC2 settings. */
export function useClusterDefaults() {
  return useQuery({
    queryKey: keys.clusterDefaults,
    queryFn: ({ signal }) => getJson<StartConfig>("/clusters/defaults?provider=ec2", signal),
    staleTime: 60_000,
  });
}
