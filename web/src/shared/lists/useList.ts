import { useMemo } from "react";
import type { Facet } from "./ListFilters";
import { searchOf, type ListState } from "./listState";
import { useListState } from "./useListState";
import { usePages, type ListKind, type Pages } from "./usePages";

/** What a `ListTable` needs of a list on the server. */
export interface List<Row> {
  pages: Pages<Row>;
  state: ListState;
  onChange: (change: Partial<ListState>) => void;
  facets: Facet[];
}

/** A list on the server: its pages, and its filters and sorting from the URL. */
export function useList<Row extends { id: string }>(kind: ListKind, facets: Facet[] = NONE): List<Row> {
  const names = useMemo(() => facets.map(({ name }) => name), [facets]);
  const [state, onChange] = useListState("", names);
  return { pages: usePages<Row>(kind, searchOf(state)), state, onChange, facets };
}

const NONE: Facet[] = [];
