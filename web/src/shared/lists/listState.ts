/** The state of a list (owner, filters, sorting) in the URL and in the request. Pure. */
import type { ColumnSort } from "@tanstack/react-table";

export type Whose = "mine" | "team" | "all";

export interface ListState {
  whose: Whose;
  text: string;
  /** Selected values by the name of the API's parameter; absent: any. */
  facets: Record<string, string>;
  /** By the server's sort key; null: the server's default, newest first. */
  sort: ColumnSort | null;
}

export const EMPTY_LIST: ListState = { whose: "all", text: "", facets: {}, sort: null };

/** `prefix` separates the lists of a page. */
export function readList(url: URLSearchParams, prefix: string, facets: readonly string[]): ListState {
  const get = (name: string) => url.get(prefix + name) ?? "";
  const whose = get("whose");
  const sort = get("sort");
  return {
    whose: whose === "mine" || whose === "team" ? whose : "all",
    text: get("text"),
    facets: Object.fromEntries(facets.map((name): [string, string] => [name, get(name)]).filter(([, value]) => value !== "")),
    sort: sort === "" ? null : sort.startsWith("-") ? { id: sort.slice(1), desc: true } : { id: sort, desc: false },
  };
}

export function writeList(url: URLSearchParams, prefix: string, facets: readonly string[], state: ListState): void {
  const put = (name: string, value: string) => (value === "" ? url.delete(prefix + name) : url.set(prefix + name, value));
  put("whose", state.whose === "all" ? "" : state.whose);
  put("text", state.text);
  for (const name of facets) put(name, state.facets[name] ?? "");
  put("sort", state.sort === null ? "" : (state.sort.desc ? "-" : "") + state.sort.id);
}

/** No filter is set, so an empty answer means that there are no objects at all. */
export function isUnfiltered(state: ListState): boolean {
  return state.whose === "all" && state.text.trim() === "" && Object.keys(state.facets).length === 0;
}

/** The request's parameters, in a fixed order, so that the same request has the same key. */
export function searchOf(state: ListState, fixed: Record<string, string> = {}): string {
  const search = new URLSearchParams();
  if (state.whose === "mine") search.set("owner", "me");
  if (state.whose === "team") search.set("team", "mine");
  if (state.text.trim() !== "") search.set("text", state.text.trim());
  for (const [name, value] of Object.entries({ ...state.facets, ...fixed }).sort(([a], [b]) => a.localeCompare(b))) search.set(name, value);
  if (state.sort !== null) {
    search.set("sort", state.sort.id);
    search.set("order", state.sort.desc ? "desc" : "asc");
  }
  return search.toString();
}
