import type { RunSummary } from "@/shared/api/types";
import { useFirstRows, usePages } from "@/shared/lists/usePages";

/** Figures of active runs change. */
const LIVE_MS = 2000;

function every(runs: RunSummary[]): number | false {
  return runs.some(({ phase }) => phase !== "finished") ? LIVE_MS : false;
}

/** Runs, page by page; polled every few seconds while one of them is active. */
export function useRunPages(search: string) {
  return usePages<RunSummary>("runs", search, every);
}

/** The first runs of a list. */
export function useRuns(search: string, limit: number) {
  return useFirstRows<RunSummary>("runs", search, limit, (page) => every(page?.items ?? []));
}
