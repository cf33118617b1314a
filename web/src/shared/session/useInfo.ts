import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Info } from "@/shared/api/types";

/** Information about this server: versions, Java, JMeter, limits. */
export function useInfo() {
  return useQuery({ queryKey: keys.info, queryFn: ({ signal }) => getJson<Info>("/info", signal), staleTime: 60_000, refetchInterval: 60_000 });
}
