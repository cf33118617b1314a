import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import type { StoreLink } from "@/shared/api/types";

/** A link that downloads a file of a stored run from the store itself. A new one is created for each request. */
export function useStoreLink(run: string, name: string) {
  return useQuery({
    queryKey: ["store-link", run, name],
    queryFn: ({ signal }) => getJson<StoreLink>(`/runs/${run}/archive/link?name=${encodeURIComponent(name)}`, signal),
    staleTime: Infinity,
    gcTime: 0,
  });
}
