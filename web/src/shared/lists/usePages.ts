import { keepPreviousData, useInfiniteQuery, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Page } from "@/shared/api/types";

export type ListKind = "clusters" | "people" | "plans" | "runs" | "schedules" | "teams";

/** Rows per request. */
export const PAGE_ROWS = 100;

export interface Pages<T> {
  /** undefined until the first answer. */
  rows: T[] | undefined;
  error: Error | null;
  /** The rows shown are the answer to an earlier request. */
  stale: boolean;
  more: boolean;
  loadingMore: boolean;
  /** Why the next rows could not be loaded. */
  moreError: Error | null;
  loadMore: () => void;
  retry: () => void;
}

/**
 * A list, page by page by the server's cursor. `everyMs`: how often the loaded pages are refetched; the interval grows with
 * their number.
 */
export function usePages<T extends { id: string }>(kind: ListKind, search: string, everyMs: (rows: T[]) => number | false = () => false): Pages<T> {
  const query = useInfiniteQuery({
    queryKey: keys.list(kind, search),
    queryFn: ({ pageParam, signal }) => getJson<Page<T>>(pathOf(kind, search, PAGE_ROWS, pageParam), signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
    select: ({ pages }) => uniqueRows(pages),
    refetchInterval: ({ state }) => {
      const pages = state.data?.pages ?? [];
      const every = everyMs(uniqueRows(pages));
      return every === false ? false : every * Math.max(1, pages.length);
    },
  });
  // Read while rendering, so that the list is rendered again with it: read at the click alone, it may be outdated.
  const refetching = query.isFetching;
  return {
    rows: query.data,
    error: query.data === undefined ? query.error : null,
    stale: query.isPlaceholderData,
    more: query.hasNextPage,
    loadingMore: query.isFetchingNextPage,
    moreError: query.isFetchNextPageError ? query.error : null,
    loadMore: () => {
      if (!query.hasNextPage || query.isFetchingNextPage) return;
      // A refetch that this cancels is repeated afterwards.
      void query.fetchNextPage().then(() => (refetching ? query.refetch() : undefined));
    },
    retry: () => void query.refetch(),
  };
}

/** A row that moved between two answers is in both; it is shown at its first position. */
function uniqueRows<T extends { id: string }>(pages: Page<T>[]): T[] {
  const seen = new Set<string>();
  return pages.flatMap(({ items }) => items).filter(({ id }) => !seen.has(id) && seen.add(id));
}

/** The first rows of a list, for a choice or an overview that needs no others. */
export function useFirstRows<T>(
  kind: ListKind,
  search: string,
  limit: number,
  everyMs: number | false | ((page: Page<T> | undefined) => number | false) = false,
  enabled = true,
): UseQueryResult<Page<T>> {
  return useQuery({
    enabled,
    queryKey: keys.list(kind, `${search}&limit=${limit}`),
    queryFn: ({ signal }) => getJson<Page<T>>(pathOf(kind, search, limit, null), signal),
    placeholderData: keepPreviousData,
    refetchInterval: typeof everyMs === "function" ? (query) => everyMs(query.state.data) : everyMs,
  });
}

function pathOf(kind: ListKind, search: string, limit: number, after: string | null): string {
  const all = new URLSearchParams(search);
  all.set("limit", String(limit));
  if (after !== null) all.set("after", after);
  return `/${kind}?${all.toString()}`;
}
