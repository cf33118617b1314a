import { describe, expect, it } from "vitest";
import type { Entry, Point, Run, Snapshot, Summary } from "@/shared/api/types";
import { mergeAnswer, mergePoints, mergePushed, settledUntil, type LiveRun } from "./liveRun";

const run = { id: "r", phase: "running" } as Run;
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
  return { run_id: "r", seq, at_ms: 100_000 + seq * 1000, run, summary, labels: 0, bucket_ms: 1000, reset: false, points, errors: [], ...more };
}

function started(...points: Point[]): LiveRun {
  return mergeAnswer(null, snapshot(5, points, { reset: true }), 0);
}

describe("a pushed snapshot", () => {
  it("that follows the last updates its buckets and adds new ones", () => {
    const merged = mergePushed(started(point(1000, 4), point(2000, 5)), snapshot(6, [point(3000, 1), point(2000, 9)]));
    expect(merged.kind).toBe("applied");
    if (merged.kind === "applied") expect(merged.live.points.map((each) => each.samples)).toEqual([4, 9, 1]);
  });
  it("that skips a number is a gap and asks from the last", () => {
    expect(mergePushed(started(), snapshot(7, []))).toEqual({ kind: "gap", after: 5 });
  });
  it("that came before is old", () => {
    expect(mergePushed(started(), snapshot(5, [])).kind).toBe("old");
    expect(mergePushed(started(), snapshot(3, [])).kind).toBe("old");
  });
  it("that comes before the first answer asks for everything", () => {
    expect(mergePushed(null, snapshot(9, []))).toEqual({ kind: "gap", after: 0 });
  });
  it("that resets replaces all points, whatever its number", () => {
    const merged = mergePushed(started(point(1000, 4)), snapshot(9, [point(0, 8)], { reset: true }));
    if (merged.kind !== "applied") throw new Error(merged.kind);
    expect(merged.live.points.map((each) => each.t_ms)).toEqual([0]);
    expect(merged.live.seq).toBe(9);
  });
  it("with another bucket width replaces all points", () => {
    const merged = mergePushed(started(point(1000, 4), point(2000, 4)), snapshot(6, [point(0, 8)], { bucket_ms: 5000 }));
    if (merged.kind !== "applied") throw new Error(merged.kind);
    expect(merged.live.points).toHaveLength(1);
    expect(merged.live.bucket_ms).toBe(5000);
  });
});

describe("an answer", () => {
  it("closes a gap of many numbers", () => {
    const live = mergeAnswer(started(point(1000, 4)), snapshot(12, [point(1000, 6), point(4000, 2)]), 5);
    expect(live.seq).toBe(12);
    expect(live.points.map((each) => each.samples)).toEqual([6, 2]);
  });
  it("that is older than what was pushed meanwhile changes nothing", () => {
    const live = started(point(1000, 4));
    expect(mergeAnswer(live, snapshot(4, [point(1000, 1)]), 3)).toBe(live);
  });
  it("to the question for everything replaces everything", () => {
    expect(mergeAnswer(started(point(1000, 4)), snapshot(2, [point(9000, 1)]), 0).points.map((each) => each.t_ms)).toEqual([9000]);
  });
});

it("puts late rows into the middle in order of time", () => {
  expect(mergePoints([point(1000, 1), point(4000, 1)], [point(2000, 7)]).map((each) => each.t_ms)).toEqual([1000, 2000, 4000]);
});

it("says nothing is filling once the run has ended", () => {
  const live = started();
  expect(settledUntil(live)).toBe(live.at_ms - 2000);
  expect(settledUntil({ ...live, run: { ...run, phase: "finished" } })).toBeNull();
});
