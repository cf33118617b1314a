import { expect, it } from "vitest";
import type { NodeLook } from "@/shared/api/types";
import type { NodeTrace } from "./live/nodeTraces";
import { chartsOf, nodeContent } from "./nodeSeries";

function look(at_ms: number, cpu_percent: number): NodeLook {
  return {
    at_ms,
    cpu_percent,
    memory_used_mb: 1,
    received_per_s: 0,
    sent_per_s: 0,
    heap_used_mb: null,
    lag_bytes: null,
    samples_per_s: null,
  };
}

const trace = (name: string, ...seen: NodeLook[]): NodeTrace => ({ name, seen, everyMs: 5000 });
const cpu = ({ cpu_percent }: NodeLook) => cpu_percent;
const colour = (slot: number) => `#${slot}`;

it("has a line for each node, on one grid", () => {
  const content = nodeContent([trace("master", look(10_100, 5), look(15_200, 6)), trace("worker-1", look(12_000, 50), look(17_000, 60), look(22_000, 70))], cpu, colour);
  expect(content.times).toEqual([10_000, 15_000, 20_000]);
  expect(content.lines.map(({ key, values }) => [key, values])).toEqual([
    ["master", [5, 6, 6]],
    ["worker-1", [50, 60, 70]],
  ]);
});

it("leaves a gap if a node was not observed for longer than a step", () => {
  const content = nodeContent([trace("a", look(0, 1), look(20_000, 2)), trace("b", look(0, 1), look(5000, 1), look(10_000, 1), look(15_000, 1), look(20_000, 1))], cpu, colour);
  expect(content.lines[0]?.values).toEqual([1, 1, null, null, 2]);
});

it("shows nothing that a machine does not report", () => {
  const content = nodeContent([trace("a", look(0, 1))], (each) => each.heap_used_mb, colour);
  expect(content.lines[0]?.values).toEqual([null]);
});

it("has no times without observations", () => {
  expect(nodeContent([], cpu, colour).times).toEqual([]);
});

it("covers the page's whole time axis, with gaps where there were no observations", () => {
  const content = nodeContent([trace("a", look(20_000, 1))], cpu, colour, [3000, 29_000]);
  expect([content.times, content.lines[0]?.values]).toEqual([
    [0, 20_000, 25_000],
    [null, 1, 1],
  ]);
});

it("has charts of lag and of samples if any node reports them", () => {
  const ids = (looks: NodeLook[]) => chartsOf([trace("a", ...looks)]).map(({ id }) => id);
  expect(ids([look(0, 1)])).not.toContain("node-lag");
  expect(ids([look(0, 1), { ...look(5000, 1), lag_bytes: 0 }])).toContain("node-lag");
  expect(ids([{ ...look(0, 1), samples_per_s: 2.5 }])).toContain("node-samples");
});
