import type { ColumnSort } from "@tanstack/react-table";
import { useMemo } from "react";
import { putParameter, useUrlParameters } from "@/shared/url/useUrlParameters";

export interface TableState {
  filter: string;
  setFilter: (filter: string) => void;
  sort: ColumnSort | null;
  setSort: (sort: ColumnSort | null) => void;
}

/** A table's filter and sort in the URL, as `<name>.q` and `<name>.sort`, so that a link shows the same rows. */
export function useTableState(name: string, initial: ColumnSort | null): TableState {
  const [parameters, change] = useUrlParameters();
  const filter = parameters.get(`${name}.q`) ?? "";
  const written = parameters.get(`${name}.sort`);

  const sort = useMemo<ColumnSort | null>(() => {
    if (written === null) return initial;
    if (written === "") return null;
    return written.startsWith("-") ? { id: written.slice(1), desc: true } : { id: written, desc: false };
  }, [written, initial]);

  const put = (key: string, value: string | null) => change((url) => putParameter(url, key, value));

  return {
    filter,
    setFilter: (text) => put(`${name}.q`, text === "" ? null : text),
    sort,
    // An empty value is not the initial sort; without one there is nothing to tell it from.
    setSort: (next) => put(`${name}.sort`, next !== null ? (next.desc ? "-" : "") + next.id : initial === null ? null : ""),
  };
}
