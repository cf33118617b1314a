/**
 * The page's state of a running test, and how a snapshot changes it. Pure.
 * Snapshots are numbered; one that does not follow the last is not applied, and the page requests everything since its last one.
 */
import type { ChangedCodes, CodeSeries, Entry, ErrorGroup, Point, PushedSnapshot, Run, Snapshot, Summary } from "@/shared/api/types";
import { traceNodes, type NodeTrace } from "./nodeTraces";

export interface LiveRun {
  seq: number;
  /** The server's time at the newest snapshot. */
  at_ms: number;
  run: Run;
  /** The labels with the most samples. */
  summary: Summary;
  /** Total number of labels. */
  labels: number;
  bucket_ms: number;
  points: Point[];
  /** The total's samples by response code. */
  codes: CodeSeries[];
  errors: ErrorGroup[];
  /** Observations of the nodes since the page was opened. */
  nodes: NodeTrace[];
}

export type Merged = { kind: "applied"; live: LiveRun } | { kind: "old" } | { kind: "gap"; after: number };

/** A snapshot that the server pushed: it has the changes since the previous one, which the page must have. */
export function mergePushed(live: LiveRun | null, pushed: PushedSnapshot): Merged {
  if (live === null) return { kind: "gap", after: 0 };
  if (pushed.seq <= live.seq) return { kind: "old" };
  const labels = pushed.seq === live.seq + 1 ? mergeTable(live.summary.labels, pushed.table) : null;
  if (labels === null) return { kind: "gap", after: live.seq };
  return { kind: "applied", live: apply(live, { ...pushed, summary: { ...pushed.summary, labels } }) };
}

/** As many labels as the server sends; those that it no longer sends have fewer samples than all others. */
const MOST_LABELS = 500;

/** Applies changed cells to the table; null if a row changes an unknown label. */
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

/** Each column has a bit in the mask that says whether its value follows. */
function withCells(entry: Entry, columns: string[], [, mask, ...values]: PushedSnapshot["table"]["rows"][number]): Entry {
  const cells = columns.filter((_, at) => (mask & (1 << at)) !== 0).map((column, at) => [column, values[at]]);
  return { ...entry, ...(Object.fromEntries(cells) as Partial<Entry>) };
}

/** Applies the answer to a request `after`: it contains everything since, so its own number does not matter. */
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

/** Applies changed counts to the series by code. Absent ones are unchanged: other codes without new samples, and all while nobody follows the run. */
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

/** Changed buckets replace the old ones; new ones are inserted in order of time. */
export function mergePoints<Bucket extends Timed>(points: Bucket[], changed: Bucket[]): Bucket[] {
  if (changed.length === 0) return points;
  const [first] = ordered(changed);
  const last = points.at(-1);
  // The changed buckets are nearly always the newest ones, so the array before them is kept.
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
 * The newer of the fetched data and the data of the feed. In the same phase the feed is ahead during the test;
 * in any other phase it has no snapshots, and each change is fetched.
 */
export function newerRun(fetched: Run, fed: Run | null): Run {
  if (fed === null) return fetched;
  const ahead = PHASES.indexOf(fed.phase) - PHASES.indexOf(fetched.phase);
  return ahead > 0 || (ahead === 0 && fed.phase === "running") ? fed : fetched;
}

/** JMeter's workers send their samples in batches; a bucket gets rows for about this long after its end. */
const SETTLE_MS = 2000;

/** Buckets that end after this time may still change; null once the run records no more samples. */
export function settledUntil(live: LiveRun): number | null {
  return live.run.phase === "running" ? live.at_ms - SETTLE_MS : null;
}
