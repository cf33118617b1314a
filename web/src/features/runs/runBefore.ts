import type { RunSummary } from "@/shared/api/types";

type Dated = Pick<RunSummary, "id" | "created_ms" | "try_run">;
/** The fields needed from a list of runs. */
type Listed = Dated & Pick<RunSummary, "name" | "phase" | "headline">;

/** The newest finished run that was created before this one; only runs with samples, and no try runs, because others cannot be compared. */
export function runBefore(run: Dated, others: Listed[]): Listed | null {
  const earlier = others.filter((other) => other.id !== run.id && other.phase === "finished" && other.created_ms < run.created_ms && (other.headline?.samples ?? 0) > 0 && !other.try_run);
  return earlier.reduce<Listed | null>((newest, other) => (newest === null || other.created_ms > newest.created_ms ? other : newest), null);
}

/** The address of the comparison, with the earliest run as the baseline. */
export function comparePath(runs: Dated[]): string {
  const ids = [...runs].sort((a, b) => a.created_ms - b.created_ms).map((run) => run.id);
  return `/compare?runs=${ids.join(",")}`;
}
