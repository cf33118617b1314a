/** The result of searching all runs of a plan: the combined answers, and their description. Pure. */
import type { PlanSample, PlanSamples, SearchedRun } from "@/shared/api/types";
import { formatCount, plural } from "@/shared/format/numbers";
import { foundWords } from "./foundWords";

const NOTHING: PlanSamples = { matched: 0, searched: 0, matched_transactions: 0, searched_transactions: 0, runs: [], samples: [], next: null };

/** Newer runs first. Each page adds its own first samples; of the slowest, the requested number of all pages is kept, as the server does within one request. */
export function joined(pages: PlanSamples[], keep: "first" | "slowest", limit: number): PlanSamples {
  const all = pages.reduce(
    (sum, page) => ({
      matched: sum.matched + page.matched,
      searched: sum.searched + page.searched,
      matched_transactions: sum.matched_transactions + page.matched_transactions,
      searched_transactions: sum.searched_transactions + page.searched_transactions,
      runs: [...sum.runs, ...page.runs],
      samples: [...sum.samples, ...page.samples],
      next: page.next ?? null,
    }),
    NOTHING,
  );
  return keep === "slowest" ? { ...all, samples: all.samples.toSorted(bySlowness).slice(0, limit) } : all;
}

/** Requests before transactions, those without a time last. */
function bySlowness(one: PlanSample, other: PlanSample): number {
  const kind = Number(one.kind === "transaction") - Number(other.kind === "transaction");
  return kind !== 0 ? kind : (other.elapsed_ms ?? -1) - (one.elapsed_ms ?? -1);
}

/** The number of matches and of runs. The samples shown are the first of each page, or the slowest of all. */
export function planFoundWords(found: PlanSamples, keep: "first" | "slowest"): string {
  const searched = found.runs.filter(({ fault }) => fault == null).length;
  const matched = found.matched + found.matched_transactions;
  const shown = matched > found.samples.length ? `; showing ${keep === "slowest" ? "the slowest " : ""}${formatCount(found.samples.length)}` : "";
  return `${foundWords(found)} in ${plural(searched, "run")}${shown}`;
}

/** The runs that could not be searched, each with the reason. */
export function unsearched(runs: SearchedRun[]): { id: string; name: string; message: string }[] {
  return runs.flatMap(({ id, name, fault }) => (fault == null ? [] : [{ id, name, message: fault.message }]));
}
