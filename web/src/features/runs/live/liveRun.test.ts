import { describe, expect, it } from "vitest";
import type { Entry, Point, PushedSnapshot, Run, Snapshot, Summary } from "@/shared/api/types";
import { mergeAnswer, mergePoints, mergePushed, newerRun, settledUntil, type LiveRun } from "./liveRun";

const run = { id: "r", phase: "running", nodes: [] as Run["nodes"] } as Run;
const summary: Summary = {
  version: 1,
  start_ms: null,
  end_ms: null,
  total: {} as Entry,
  total_basis: "samples",
  labels: [],
  rejected_rows: 0,
  partial: null,
  duration_ms: null,
  unread_percent: null,
  rejected: [],
  notes: [],
};

function point(t_ms: number, samples: number): Point {
  return { t_ms, samples } as Point;
}

function snapshot(seq: number, points: Point[], more: Partial<Snapshot> = {}): Snapshot {
  return { run_id: "r", seq, at_ms: 100_000 + seq * 1000, run, summary, labels: 0, bucket_ms: 1000, reset: false, points, codes: { reset: false, series: [] }, errors: [], ...more };
}

function pushed(seq: number, points: Point[], more: Partial<PushedSnapshot> = {}): PushedSnapshot {
  return { ...snapshot(seq, points), table: { columns: [], rows: [] }, ...more };
}

function started(...points: Point[]): LiveRun {
  return mergeAnswer(null, snapshot(5, points, { reset: true }), 0);
}

describe("a pushed snapshot", () => {
  it("following the last one updates its buckets and adds new ones", () => {
    const merged = mergePushed(started(point(1000, 4), point(2000, 5)), pushed(6, [point(3000, 1), point(2000, 9)]));
    expect(merged.kind).toBe("applied");
    if (merged.kind === "applied") expect(merged.live.points.map((each) => each.samples)).toEqual([4, 9, 1]);
  });
  it("that skips a number is a gap and requests everything since the last one", () => {
    expect(mergePushed(started(), pushed(7, []))).toEqual({ kind: "gap", after: 5 });
  });
  it("with an earlier number is outdated", () => {
    expect(mergePushed(started(), pushed(5, [])).kind).toBe("old");
    expect(mergePushed(started(), pushed(3, [])).kind).toBe("old");
  });
  it("before the first answer requests everything", () => {
    expect(mergePushed(null, pushed(9, []))).toEqual({ kind: "gap", after: 0 });
  });
  it("with a reset replaces all points", () => {
    const merged = mergePushed(started(point(1000, 4)), pushed(6, [point(0, 8)], { reset: true }));
    if (merged.kind !== "applied") throw new Error(merged.kind);
    expect(merged.live.points.map((each) => each.t_ms)).toEqual([0]);
  });
  it("with a reset and a skipped number requests again, because cells of its table may be missing", () => {
    expect(mergePushed(started(), pushed(9, [], { reset: true }))).toEqual({ kind: "gap", after: 5 });
  });
  it("with another bucket width replaces all points", () => {
    const merged = mergePushed(started(point(1000, 4), point(2000, 4)), pushed(6, [point(0, 8)], { bucket_ms: 5000 }));
    if (merged.kind !== "applied") throw new Error(merged.kind);
    expect(merged.live.points).toHaveLength(1);
    expect(merged.live.bucket_ms).toBe(5000);
  });
});

describe("a pushed table", () => {
  const columns = ["errors", "p95_ms", "samples"];
  const known = (): LiveRun => {
    const labels = [
      { label: "a", samples: 10, errors: 1, p95_ms: null },
      { label: "b", samples: 20, errors: 0, p95_ms: 7 },
    ] as unknown as Entry[];
    return mergeAnswer(null, snapshot(5, [], { reset: true, summary: { ...summary, labels } }), 0);
  };
  const after = (rows: [string, number, ...unknown[]][]) => mergePushed(known(), pushed(6, [], { table: { columns, rows } }));
  it("changes the cells in its masks and leaves the others", () => {
    const merged = after([
      ["a", 0b110, 12.5, 11],
      ["c", 0b111, 0, null, 3],
    ]);
    if (merged.kind !== "applied") throw new Error(merged.kind);
    expect(merged.live.summary.labels).toEqual([
      { label: "a", samples: 11, errors: 1, p95_ms: 12.5 },
      { label: "b", samples: 20, errors: 0, p95_ms: 7 },
      { label: "c", samples: 3, errors: 0, p95_ms: null },
    ]);
  });
  it("with a change of an unknown label requests everything since", () => {
    expect(after([["c", 0b100, 3]])).toEqual({ kind: "gap", after: 5 });
  });
  it("keeps the busiest labels if there are too many", () => {
    const merged = after(Array.from({ length: 500 }, (_, at) => [`n${at}`, 0b111, 0, null, at + 12]));
    if (merged.kind !== "applied") throw new Error(merged.kind);
    const { labels } = merged.live.summary;
    expect([labels.length, labels.some(({ label }) => label === "a"), labels.some(({ label }) => label === "b")]).toEqual([500, false, true]);
  });
});

describe("the response codes", () => {
  /** The counts by second of each code. */
  const codes = (reset: boolean, of: Record<string, Record<number, number>>) => ({
    reset,
    series: Object.entries(of).map(([code, counts]) => ({ code, points: Object.entries(counts).map(([second, samples]) => ({ t_ms: Number(second) * 1000, samples })) })),
  });
  const known = () => mergeAnswer(null, snapshot(5, [], { reset: true, codes: codes(true, { OK: { 1: 4 }, KO: { 1: 1 }, others: { 1: 3 } }) }), 0);
  const after = (more: Partial<PushedSnapshot>) => {
    const merged = mergePushed(known(), pushed(6, [], more));
    if (merged.kind !== "applied") throw new Error(merged.kind);
    return merged.live.codes;
  };
  it("grow by the changed buckets; a new one gets its first, and the others stay unchanged", () => {
    const grown = after({ codes: codes(false, { OK: { 1: 5, 2: 7 }, KO: {}, TO: { 2: 2 } }) });
    expect(grown).toEqual(codes(false, { OK: { 1: 5, 2: 7 }, KO: { 1: 1 }, TO: { 2: 2 }, others: { 1: 3 } }).series);
  });
  it("are all replaced if one has replaced another", () => {
    expect(after({ codes: codes(true, { OK: { 1: 4 }, TO: { 1: 1 } }) }).map(({ code }) => code)).toEqual(["OK", "TO"]);
  });
  it("restart with buckets of another width", () => {
    expect(after({ bucket_ms: 5000, codes: codes(false, { OK: { 0: 9 } }) })).toEqual(codes(false, { OK: { 0: 9 } }).series);
  });
  it("stay unchanged while nobody follows the run", () => {
    expect(after({})).toEqual(known().codes);
  });
});

describe("an answer", () => {
  it("closes a gap of many numbers", () => {
    const live = mergeAnswer(started(point(1000, 4)), snapshot(12, [point(1000, 6), point(4000, 2)]), 5);
    expect(live.seq).toBe(12);
    expect(live.points.map((each) => each.samples)).toEqual([6, 2]);
  });
  it("that is older than a snapshot pushed meanwhile changes nothing", () => {
    const live = started(point(1000, 4));
    expect(mergeAnswer(live, snapshot(4, [point(1000, 1)]), 3)).toBe(live);
  });
  it("to a request for everything replaces everything", () => {
    expect(mergeAnswer(started(point(1000, 4)), snapshot(2, [point(9000, 1)]), 0).points.map((each) => each.t_ms)).toEqual([9000]);
  });
});

it("inserts late rows in order of time", () => {
  expect(mergePoints([point(1000, 1), point(4000, 1)], [point(2000, 7)]).map((each) => each.t_ms)).toEqual([1000, 2000, 4000]);
});

it("has no incomplete interval after the run has ended", () => {
  const live = started();
  expect(settledUntil(live)).toBe(live.at_ms - 2000);
  expect(settledUntil({ ...live, run: { ...run, phase: "finished" } })).toBeNull();
});

it("uses the newer of fetched and pushed data, and the pushed data during the test", () => {
  const of = (phase: Run["phase"], name: string) => ({ phase, name }) as Run;
  const newer = (fetched: Run["phase"], fed: Run["phase"]) => newerRun(of(fetched, "fetched"), of(fed, "fed")).name;
  expect(newerRun(of("queued", "fetched"), null).name).toBe("fetched");
  expect([newer("running", "running"), newer("running", "collecting"), newer("preparing", "running")]).toEqual(["fed", "fed", "fed"]);
  expect([newer("preparing", "preparing"), newer("collecting", "running"), newer("finished", "running"), newer("finished", "finished")]).toEqual(["fetched", "fetched", "fetched", "fetched"]);
});
