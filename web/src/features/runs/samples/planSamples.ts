/** What a search of all runs of a plan found: request after request put together, and what is said of it. Pure. */
import type { PlanSample, PlanSamples, SearchedRun } from "@/shared/api/types";
import { formatCount, plural } from "@/shared/format/numbers";
import { foundWords } from "./foundWords";

const NOTHING: PlanSamples = { matched: 0, searched: 0, matched_transactions: 0, searched_transactions: 0, runs: [], samples: [], next: null };

/** Newer runs first. Of the slowest as many as were asked for stay, as the server keeps them within one request. */
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
  const samples = keep === "slowest" ? all.samples.toSorted(bySlowness) : all.samples;
  return { ...all, samples: samples.slice(0, limit) };
}

/** Requests before transactions, those without a time last. */
function bySlowness(one: PlanSample, other: PlanSample): number {
  const kind = Number(one.kind === "transaction") - Number(other.kind === "transaction");
  return kind !== 0 ? kind : (other.elapsed_ms ?? -1) - (one.elapsed_ms ?? -1);
}

/** How many match in how many runs. */
export function planFoundWords(found: PlanSamples, keep: "first" | "slowest"): string {
  const searched = found.runs.filter(({ fault }) => fault == null).length;
  const matched = found.matched + found.matched_transactions;
  const shown = matched > found.samples.length ? `; showing the ${keep} ${formatCount(found.samples.length)}` : "";
  return `${foundWords(found)} in ${plural(searched, "run")}${shown}`;
}

/** The runs that could not be searched, each with why. */
export function unsearched(runs: SearchedRun[]): { id: string; name: string; message: string }[] {
  return runs.flatMap(({ id, name, fault }) => (fault == null ? [] : [{ id, name, message: fault.message }]));
}
