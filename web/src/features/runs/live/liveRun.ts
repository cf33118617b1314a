/**
 * What a page knows of a running test, and how a snapshot changes it. Pure.
 * Snapshots are numbered; one that does not follow the last is not applied, and the page asks again from the last it has.
 */
import type { ChangedCodes, CodeSeries, Entry, ErrorGroup, Point, PushedSnapshot, Run, Snapshot, Summary } from "@/shared/api/types";
import { traceNodes, type NodeTrace } from "./nodeTraces";

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
  /** The total's samples by response code. */
  codes: CodeSeries[];
  errors: ErrorGroup[];
  /** How the nodes fared since this page is open. */
  nodes: NodeTrace[];
}

export type Merged = { kind: "applied"; live: LiveRun } | { kind: "old" } | { kind: "gap"; after: number };

/** A snapshot that the server pushed: it has what changed since the one before it, which the page must have. */
export function mergePushed(live: LiveRun | null, pushed: PushedSnapshot): Merged {
  if (live === null) return { kind: "gap", after: 0 };
  if (pushed.seq <= live.seq) return { kind: "old" };
  const labels = pushed.seq === live.seq + 1 ? mergeTable(live.summary.labels, pushed.table) : null;
  if (labels === null) return { kind: "gap", after: live.seq };
  return { kind: "applied", live: apply(live, { ...pushed, summary: { ...pushed.summary, labels } }) };
}

/** As many labels as the server gives; those that it gives no more are left with fewer samples than all others. */
const MOST_LABELS = 500;

/** Puts changed cells into the table; null where a row changes a label that is not known. */
function mergeTable(labels: Entry[], { columns, rows }: PushedSnapshot["table"]): Entry[] | null {
  if (rows.length === 0) return labels;
  const whole = 2 ** columns.length - 1;
  const changed = new Map(rows.map((row) => [row[0], row]));
  const merged = labels.map((entry) => {
    const row = changed.get(entry.label);
    changed.delete(entry.label);
    return row === undefined ? entry : withCells(entry, columns, row);
  });
  for (const row of changed.values()) {
    if (row[1] !== whole) return null;
    merged.push(withCells({ label: row[0] } as Entry, columns, row));
  }
  return merged.length <= MOST_LABELS ? merged : merged.sort((a, b) => b.samples - a.samples).slice(0, MOST_LABELS);
}

/** A bit of the mask for each column says whether its value is among those that follow. */
function withCells(entry: Entry, columns: string[], [, mask, ...values]: PushedSnapshot["table"]["rows"][number]): Entry {
  const cells = columns.filter((_, at) => (mask & (1 << at)) !== 0).map((column, at) => [column, values[at]]);
  return { ...entry, ...(Object.fromEntries(cells) as Partial<Entry>) };
}

/** The answer to a question `after`: it holds everything since, so it is applied whatever its number is. */
export function mergeAnswer(live: LiveRun | null, snapshot: Snapshot, after: number): LiveRun {
  if (after > 0 && live !== null && snapshot.seq < live.seq && !snapshot.reset) return live;
  return apply(after === 0 ? null : live, snapshot, live?.nodes);
}

function apply(live: LiveRun | null, snapshot: Snapshot, traces: NodeTrace[] = live?.nodes ?? []): LiveRun {
  const { seq, at_ms, run, summary, labels, bucket_ms, errors } = snapshot;
  const fresh = live === null || snapshot.reset || live.bucket_ms !== bucket_ms;
  const points = fresh ? ordered(snapshot.points) : mergePoints(live.points, snapshot.points);
  const codes = mergeCodes(fresh ? [] : live.codes, snapshot.codes);
  return { seq, at_ms, run, summary, labels, bucket_ms, errors, points, codes, nodes: traceNodes(traces, run.nodes) };
}

/** The series by code with the counts that changed. What is not said stays: the other codes where they have no more, and all where nobody follows the run. */
function mergeCodes(known: CodeSeries[], { reset, series }: ChangedCodes): CodeSeries[] {
  if (reset) return series;
  const left = new Map(known.map((each) => [each.code, each]));
  const changed = series.map(({ code, points }) => {
    const before = left.get(code)?.points ?? [];
    left.delete(code);
    return { code, points: mergePoints(before, points) };
  });
  return [...changed, ...left.values()];
}

interface Timed {
  t_ms: number;
}

/** Changed buckets take the place of the old ones; new ones are added in their place in time. */
export function mergePoints<Bucket extends Timed>(points: Bucket[], changed: Bucket[]): Bucket[] {
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

function ordered<Bucket extends Timed>(points: Bucket[]): Bucket[] {
  return [...points].sort((a, b) => a.t_ms - b.t_ms);
}

const PHASES: Run["phase"][] = ["queued", "preparing", "running", "collecting", "finished"];

/**
 * Of what was fetched and what the feed said last, what is newer: whichever is further on. In the same phase the feed is ahead while the test
 * runs; in any other it has no snapshots, and each change is fetched.
 */
export function newerRun(fetched: Run, fed: Run | null): Run {
  if (fed === null) return fetched;
  const ahead = PHASES.indexOf(fed.phase) - PHASES.indexOf(fetched.phase);
  return ahead > 0 || (ahead === 0 && fed.phase === "running") ? fed : fetched;
}

/** JMeter's workers send their samples in batches; a bucket gets rows for about this long after its end. */
const SETTLE_MS = 2000;

/** Buckets that end after this moment may still change; null once the run takes no more samples. */
export function settledUntil(live: LiveRun): number | null {
  return live.run.phase === "running" ? live.at_ms - SETTLE_MS : null;
}
