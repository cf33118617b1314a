/** Text, icon and colour of phase, cause and verdict; no other code decides these. */
import type { Cause, Run, RunSummary, Verdict } from "@/shared/api/types";
import { plural } from "@/shared/format/numbers";
import { formatTimeNear } from "@/shared/format/time";
import type { ChipLook } from "@/shared/ui/Chip";
import { stopRuleWords } from "./criteria";
import { valueWords } from "./judgedWords";

/** The number of samples and of errors: of a run's headline or of a report's total. */
export type Counts = { samples: number; errors: number } | null;

/** The text for its state, in a list and on its own page. */
type Seen = Pick<RunSummary, "phase" | "cause" | "stop_requested" | "headline">;

export function phaseChip({ phase, cause, stop_requested, headline }: Seen): ChipLook {
  if (phase !== "finished" && stop_requested !== null) {
    return { tone: "attention", word: stop_requested === "graceful" ? "stopping" : "aborting", icon: "hourglass" };
  }
  switch (phase) {
    case "queued":
      return { tone: "running", word: "queued", icon: "clock" };
    case "preparing":
      return { tone: "running", word: "preparing", icon: "hourglass" };
    case "running":
      return { tone: "running", word: "running", icon: "play" };
    case "collecting":
      return { tone: "running", word: "collecting", icon: "hourglass" };
    case "finished":
      return causeChip(cause, headline);
  }
}

/** Completing is not enough for a good result: there must be samples, and some of them must have passed. */
export function causeChip(cause: Cause | null, counts: Counts): ChipLook {
  if (cause === null) return { tone: "ended", word: "ended", icon: "check-circle" };
  switch (cause.kind) {
    case "completed":
      return doubtChip(counts) === null ? { tone: "good", word: "completed", icon: "check-circle" } : { tone: "ended", word: "completed", icon: "check-circle" };
    case "imported":
      return { tone: "ended", word: "imported", icon: "cloud-upload" };
    case "stopped":
      return { tone: "ended", word: cause.how === "force" ? "aborted" : "stopped", icon: "stop" };
    case "auto_stopped":
      return { tone: "failed", word: "stopped automatically", icon: "stop" };
    case "failed":
      return { tone: "failed", word: "failed", icon: "x-circle" };
  }
}

/** Why a finished run is not a success regardless of its criteria; null if there is no such reason. */
export function doubtChip(counts: Counts): ChipLook | null {
  if (counts === null) return null;
  if (counts.samples === 0) return { tone: "attention", word: "no samples", icon: "exclamation-triangle" };
  return counts.errors === counts.samples ? { tone: "attention", word: "all samples failed", icon: "exclamation-triangle" } : null;
}

/** Notes that say that samples of a run are missing. */
const PARTIAL = ["fewer_workers", "row_cut", "node_log_lost", "node_log_unreadable", "log_incomplete", "log_differs"];

/** Caveats shown above a finished run's figures; the notes below have the details. */
export function noteChips({ notes }: Pick<Run, "notes">, rejectedRows: number): ChipLook[] {
  const has = (codes: string[]) => notes.some(({ code }) => codes.includes(code));
  const doubt = (word: string): ChipLook => ({ tone: "attention", word, icon: "exclamation-triangle" });
  return [
    ...(has(PARTIAL) ? [doubt("partial results")] : []),
    ...(has(["generators_busy"]) ? [doubt("load generators busy")] : []),
    ...(rejectedRows > 0 ? [doubt(`${plural(rejectedRows, "row")} not read`)] : []),
  ];
}

/** The one chip in a list: the doubt about a run that otherwise passed, else the state. */
export function stateChip(run: Seen): ChipLook {
  const completed = run.phase === "finished" && (run.cause?.kind === "completed" || run.cause?.kind === "imported");
  return (completed ? doubtChip(run.headline) : null) ?? phaseChip(run);
}

/** null if there were no criteria. */
export function verdictChip(verdict: Verdict, counts: Counts): ChipLook | null {
  if (verdict === "passed") return { tone: doubtChip(counts) === null ? "good" : "ended", word: "criteria met", icon: "check-circle" };
  if (verdict === "failed") return { tone: "failed", word: "criteria failed", icon: "x-circle" };
  return null;
}

/** `startMs`: of the first sample; null if unknown. */
export function causeSentence(cause: Cause, startMs: number | null): string {
  switch (cause.kind) {
    case "completed":
      return "The plan ran to completion.";
    case "imported":
      return "Imported from result logs.";
    case "stopped":
      return cause.how === "force" ? `Aborted by ${cause.by}.` : `Stopped by ${cause.by} (graceful).`;
    case "auto_stopped":
      return `Stopped automatically at ${valueWords(cause.actual, cause.unit)}${cause.node === null ? "" : ` of ${cause.node}`} since ${formatTimeNear(cause.since_ms, startMs ?? cause.since_ms)}: ${stopRuleWords(cause.rule)}.`;
    case "failed":
      return cause.reason.message;
  }
}
