import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import type { StoreLink } from "@/shared/api/types";

/** A link by which a file of a stored run is downloaded from the store itself. It is made again each time that somebody asks. */
export function useStoreLink(run: string, name: string) {
  return useQuery({
    queryKey: ["store-link", run, name],
    queryFn: ({ signal }) => getJson<StoreLink>(`/runs/${run}/archive/link?name=${encodeURIComponent(name)}`, signal),
    staleTime: Infinity,
    gcTime: 0,
  });
}
