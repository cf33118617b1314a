import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { StartConfig } from "../clusterForm";

/** The configuration that a new cluster starts with, the machines of EC2 in it. */
export function useClusterDefaults() {
  return useQuery({
    queryKey: keys.clusterDefaults,
    queryFn: ({ signal }) => getJson<StartConfig>("/clusters/defaults?provider=ec2", signal),
    staleTime: 60_000,
  });
}
