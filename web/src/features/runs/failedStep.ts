/** Which step of a failed run is the one that failed. Pure. */
import type { Run, RunStep } from "@/shared/api/types";

/** Steps done for every ended run, also for one that failed before. */
const AFTER_THE_END = new Set(["stopping", "force_stopping", "collecting", "waiting_for_room", "making_report"]);
/** Faults of what was collected: the last step is theirs. */
const OF_THE_RESULTS = new Set(["log_incomplete", "log_differs", "report_failed", "disk_full"]);

/** null: the run did not fail, or no step is known. */
export function failedStep({ cause, steps }: Pick<Run, "cause" | "steps">): RunStep | null {
  if (cause?.kind !== "failed") return null;
  const last = steps.at(-1) ?? null;
  return OF_THE_RESULTS.has(cause.reason.code) ? last : (steps.findLast(({ code }) => !AFTER_THE_END.has(code)) ?? last);
}
