import { useMemo } from "react";
import { useUrlParameters } from "@/shared/url/useUrlParameters";
import { readList, writeList, type ListState } from "./listState";

/** A list's filters and sorting, in the URL. */
export function useListState(prefix: string, facets: readonly string[]): [ListState, (change: Partial<ListState>) => void] {
  const [parameters, change] = useUrlParameters();
  const state = useMemo(() => readList(parameters, prefix, facets), [parameters, prefix, facets]);
  const put = (next: Partial<ListState>) => change((url) => writeList(url, prefix, facets, { ...readList(url, prefix, facets), ...next }));
  return [state, put];
}
