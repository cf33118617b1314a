import type { Run } from "@/shared/api/types";

/** The newest finished run that was made before this one, of those given; with samples, since others have nothing to compare. */
export function runBefore(run: Run, others: Run[]): Run | null {
  const earlier = others.filter((other) => other.id !== run.id && other.phase === "finished" && other.created_ms < run.created_ms && (other.headline?.samples ?? 0) > 0);
  return earlier.reduce<Run | null>((newest, other) => (newest === null || other.created_ms > newest.created_ms ? other : newest), null);
}

/** The page that compares them, the earliest as the base. */
export function comparePath(runs: Run[]): string {
  const ids = [...runs].sort((a, b) => a.created_ms - b.created_ms).map((run) => run.id);
  return `/compare?runs=${ids.join(",")}`;
}
