import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { RevisionDifference, RevisionPage } from "@/shared/api/types";

/** The revisions of a plan, newest first, page by page. */
export function useRevisions(id: string | null) {
  return useInfiniteQuery({
    enabled: id !== null,
    queryKey: keys.planRevisions(id ?? ""),
    queryFn: ({ pageParam, signal }) => getJson<RevisionPage>(`/plans/${id}/revisions${pageParam === null ? "" : `?before=${pageParam}`}`, signal),
    initialPageParam: null as number | null,
    getNextPageParam: (last) => last.next,
    select: (data) => data.pages.flatMap((page) => page.items),
  });
}

/** The differences between two revisions of a plan. */
export function useRevisionDifference(id: string, from: number, to: number, asked = true) {
  return useQuery({
    enabled: asked,
    queryKey: keys.planDifference(id, from, to),
    queryFn: ({ signal }) => getJson<RevisionDifference>(`/plans/${id}/revisions/${from}/compare/${to}`, signal),
  });
}
