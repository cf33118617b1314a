/**
 * What a page knows of a running test, and how a snapshot changes it. Pure.
 * Snapshots are numbered; one that does not follow the last is not applied, and the page asks again from the last it has.
 */
import type { ErrorGroup, Point, Run, Snapshot, Summary } from "@/shared/api/types";

export interface LiveRun {
  seq: number;
  /** The server's clock at the newest snapshot. */
  at_ms: number;
  run: Run;
  /** Of the labels those with the most samples. */
  summary: Summary;
  /** How many labels there are in all. */
  labels: number;
  bucket_ms: number;
  points: Point[];
  errors: ErrorGroup[];
}

export type Merged = { kind: "applied"; live: LiveRun } | { kind: "old" } | { kind: "gap"; after: number };

/** A snapshot that the server pushed: it must follow the last one, or replace everything. */
export function mergePushed(live: LiveRun | null, snapshot: Snapshot): Merged {
  if (live === null) return snapshot.reset ? { kind: "applied", live: apply(null, snapshot) } : { kind: "gap", after: 0 };
  if (snapshot.seq <= live.seq) return { kind: "old" };
  if (snapshot.seq !== live.seq + 1 && !snapshot.reset) return { kind: "gap", after: live.seq };
  return { kind: "applied", live: apply(live, snapshot) };
}

/** The answer to a question `after`: it holds everything since, so it is applied whatever its number is. */
export function mergeAnswer(live: LiveRun | null, snapshot: Snapshot, after: number): LiveRun {
  if (after > 0 && live !== null && snapshot.seq < live.seq && !snapshot.reset) return live;
  return apply(after === 0 ? null : live, snapshot);
}

function apply(live: LiveRun | null, snapshot: Snapshot): LiveRun {
  const { seq, at_ms, run, summary, labels, bucket_ms, errors } = snapshot;
  const fresh = live === null || snapshot.reset || live.bucket_ms !== bucket_ms;
  return { seq, at_ms, run, summary, labels, bucket_ms, errors, points: fresh ? ordered(snapshot.points) : mergePoints(live.points, snapshot.points) };
}

/** Changed buckets take the place of the old ones; new ones are added in their place in time. */
export function mergePoints(points: Point[], changed: Point[]): Point[] {
  if (changed.length === 0) return points;
  const [first] = ordered(changed);
  const last = points.at(-1);
  // Nearly always the changed buckets are the newest ones: keep what lies before them as it is.
  if (first !== undefined && (last === undefined || first.t_ms > last.t_ms)) return [...points, ...ordered(changed)];
  const at = new Map(changed.map((point) => [point.t_ms, point]));
  const kept = points.map((point) => {
    const newer = at.get(point.t_ms);
    if (newer !== undefined) at.delete(point.t_ms);
    return newer ?? point;
  });
  return at.size === 0 ? kept : ordered([...kept, ...at.values()]);
}

function ordered(points: Point[]): Point[] {
  return [...points].sort((a, b) => a.t_ms - b.t_ms);
}

/** JMeter's workers send their samples in batches; a bucket gets rows for about this long after its end. */
const SETTLE_MS = 2000;

/** Buckets that end after this moment may still change; null once the run takes no more samples. */
export function settledUntil(live: LiveRun): number | null {
  return live.run.phase === "running" ? live.at_ms - SETTLE_MS : null;
}
