/** The current and earlier phases of a run, with the time spent in each. Pure. */
import type { Run, RunStep } from "@/shared/api/types";

export interface Phase {
  name: string;
  ms: number;
  /** The current phase. */
  now: boolean;
}

type Name = "Queued" | "Preparing" | "Running" | "Stopping" | "Collecting results";

const OF_STEP: Record<string, Name> = {
  waiting_for_cluster: "Queued",
  waiting_in_queue: "Queued",
  checking_nodes: "Preparing",
  copying_files: "Preparing",
  starting_workers: "Preparing",
  starting_master: "Preparing",
  running: "Running",
  stopping: "Stopping",
  force_stopping: "Stopping",
  collecting: "Collecting results",
  waiting_for_room: "Collecting results",
  making_report: "Collecting results",
};

/** The phases from the run's steps, each from its first step to the next phase; empty if the steps have no codes. */
export function phasesOf(run: Pick<Run, "steps" | "phase" | "ended_ms">, nowMs: number): Phase[] {
  const begun: { name: Name; from: number }[] = [];
  for (const step of run.steps) {
    const name = phaseOf(step);
    if (name !== null && begun.at(-1)?.name !== name) begun.push({ name, from: step.started_ms });
  }
  const finished = run.phase === "finished";
  const end = finished ? Math.max(run.steps.at(-1)?.ended_ms ?? 0, begun.at(-1)?.from ?? 0) : nowMs;
  return begun.map(({ name, from }, at) => ({ name, ms: Math.max(0, (begun[at + 1]?.from ?? end) - from), now: !finished && at === begun.length - 1 }));
}

function phaseOf({ code }: RunStep): Name | null {
  return OF_STEP[code] ?? null;
}
