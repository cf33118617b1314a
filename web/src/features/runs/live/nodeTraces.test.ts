import { describe, expect, it } from "vitest";
import type { RunNode } from "@/shared/api/types";
import { traceNodes, withHistory, type NodeTrace } from "./nodeTraces";

function node(name: string, at_ms: number | null, cpu_percent = 10): RunNode {
  const health = {
    at_ms: at_ms ?? 0,
    cpu_percent,
    cpu_highest_percent: cpu_percent,
    was_busy: false,
    memory_used_mb: 500,
    memory_mb: 1000,
    received_per_s: 1000,
    sent_per_s: 100,
    disk_free_mb: null,
    heap_used_mb: 100,
    heap_mb: 400,
    lag_bytes: null,
    samples_per_s: null,
  };
  return {
    name,
    role: "worker",
    state: "running",
    exit_code: null,
    ports: [],
    clock_offset_ms: null,
    health: at_ms === null ? null : health,
    first_sample_ms: null,
    lost_ms: null,
    log: null,
  };
}

const times = (traces: NodeTrace[]) => traces.map(({ name, seen }) => [name, seen.map(({ at_ms }) => at_ms)]);

describe("observations of nodes", () => {
  it("are collected from snapshots, each one once", () => {
    let traces = traceNodes([], [node("master", 1000), node("worker-1", null)]);
    traces = traceNodes(traces, [node("master", 1000), node("worker-1", 2000)]);
    traces = traceNodes(traces, [node("master", 6000), node("worker-1", 7000)]);
    expect(times(traces)).toEqual([
      ["master", [1000, 6000]],
      ["worker-1", [2000, 7000]],
    ]);
  });

  it("stay the same object if nothing is new, so that nothing is rendered again", () => {
    const traces = traceNodes([], [node("master", 1000)]);
    expect(traceNodes(traces, [node("master", 1000)])).toBe(traces);
  });

  it("keep those of a node that is gone", () => {
    const traces = traceNodes(traceNodes([], [node("worker-1", 1000)]), [node("worker-2", 2000)]);
    expect(times(traces)).toEqual([
      ["worker-1", [1000]],
      ["worker-2", [2000]],
    ]);
  });

  it("are limited in number over the whole test, whatever its length", () => {
    let traces: NodeTrace[] = [];
    for (let look = 0; look < 20_000; look += 1) traces = traceNodes(traces, [node("master", look * 5000 + 1)]);
    const [trace] = traces;
    expect(trace?.seen.length).toBeLessThanOrEqual(1440);
    expect(trace?.seen[0]?.at_ms).toBe(1);
    expect(19_999 * 5000 + 1 - (trace?.seen.at(-1)?.at_ms ?? 0)).toBeLessThan(trace?.everyMs ?? 0);
    const apart = trace?.seen.slice(1).map(({ at_ms }, index) => at_ms - (trace.seen[index]?.at_ms ?? 0));
    expect(new Set(apart)).toEqual(new Set([trace?.everyMs]));
  });
});

describe("observations of nodes since the start", () => {
  const look = (at_ms: number) => ({ at_ms, cpu_percent: 1, memory_used_mb: 1, heap_used_mb: null, received_per_s: 0, sent_per_s: 0, lag_bytes: null, samples_per_s: null });

  it("are the server's, followed by those of the page", () => {
    const since = traceNodes(traceNodes([], [node("a", 10_000)]), [node("a", 15_000), node("b", 15_000)]);
    const all = withHistory({ every_ms: 10_000, nodes: [{ name: "a", looks: [look(0), look(10_000)] }] }, since);
    expect(times(all)).toEqual([["a", [0, 10_000, 15_000]]]);
    expect(all[0]?.everyMs).toBe(10_000);
  });

  it("are those of the page while the server has none", () => {
    const since = traceNodes([], [node("a", 1000)]);
    expect(withHistory(undefined, since)).toBe(since);
    expect(withHistory({ every_ms: 5000, nodes: [] }, since)).toBe(since);
  });
});
