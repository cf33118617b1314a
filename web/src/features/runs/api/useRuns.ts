import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Run } from "@/shared/api/types";

/** The server gives no more, the newest, unless it is asked for another number. */
export const MOST_RUNS = 500;

/** Runs, newest first. Asked again every few seconds while one of them is under way, for its headline. */
export function useRuns(filter: { cluster?: string; plan?: string } = {}) {
  const search = new URLSearchParams(filter).toString();
  return useQuery({
    queryKey: keys.runList(filter),
    queryFn: ({ signal }) => getJson<Run[]>(`/runs${search === "" ? "" : `?${search}`}`, signal),
    refetchInterval: (query) => (query.state.data?.some((run) => run.phase !== "finished") === true ? 2000 : false),
  });
}
