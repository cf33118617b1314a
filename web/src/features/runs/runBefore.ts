import type { RunSummary } from "@/shared/api/types";

type Dated = Pick<RunSummary, "id" | "created_ms" | "try_run">;
/** What is known of a run in a list. */
type Listed = Dated & Pick<RunSummary, "name" | "phase" | "headline">;

/** The newest finished run that was made before this one, of those given; with samples, and no try, since others have nothing to compare. */
export function runBefore(run: Dated, others: Listed[]): Listed | null {
  const earlier = others.filter((other) => other.id !== run.id && other.phase === "finished" && other.created_ms < run.created_ms && (other.headline?.samples ?? 0) > 0 && !other.try_run);
  return earlier.reduce<Listed | null>((newest, other) => (newest === null || other.created_ms > newest.created_ms ? other : newest), null);
}

/** The page that compares them, the earliest as the base. */
export function comparePath(runs: Dated[]): string {
  const ids = [...runs].sort((a, b) => a.created_ms - b.created_ms).map((run) => run.id);
  return `/compare?runs=${ids.join(",")}`;
}
