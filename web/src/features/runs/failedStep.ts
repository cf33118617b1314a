/** Finds the step at which a run failed. Pure. */
import type { Run, RunStep } from "@/shared/api/types";

/** Steps of every run that has ended, even if it failed before. */
const AFTER_THE_END = new Set(["stopping", "force_stopping", "collecting", "waiting_for_room", "making_report"]);
/** Errors of collecting: they belong to the last step. */
const OF_THE_RESULTS = new Set(["log_incomplete", "log_differs", "report_failed", "disk_full"]);

/** null: the run did not fail, or the step is unknown. */
export function failedStep({ cause, steps }: Pick<Run, "cause" | "steps">): RunStep | null {
  if (cause?.kind !== "failed") return null;
  const last = steps.at(-1) ?? null;
  return OF_THE_RESULTS.has(cause.reason.code) ? last : (steps.findLast(({ code }) => !AFTER_THE_END.has(code)) ?? last);
}
