/** The charts of a run's nodes: a line for each node by its name, on a grid of equal steps. Pure. */
import type { NodeLook } from "@/shared/api/types";
import type { ChartContent } from "@/shared/charts/chartTypes";
import type { NodeTrace } from "./live/nodeTraces";

export interface NodeChart {
  id: string;
  title: string;
  unit: string;
  kind: "percent" | "bytes" | "byteRate" | "rate";
  value: (look: NodeLook) => number | null;
  /** Left out if no node reports it: not all runs have it. */
  optional?: true;
}

const MB = 1024 * 1024;

/** CPU and network come first because they disturb a measurement most; then memory. */
const NODE_CHARTS: NodeChart[] = [
  { id: "node-cpu", title: "CPU", unit: "% of all processors of the node", kind: "percent", value: (look) => look.cpu_percent },
  { id: "node-memory", title: "Memory", unit: "used on the node", kind: "bytes", value: (look) => look.memory_used_mb * MB },
  { id: "node-heap", title: "JVM heap", unit: "used after the last collection", kind: "bytes", value: (look) => (look.heap_used_mb === null ? null : look.heap_used_mb * MB) },
  { id: "node-received", title: "Network in", unit: "per second, without loopback", kind: "byteRate", value: (look) => look.received_per_s },
  { id: "node-sent", title: "Network out", unit: "per second, without loopback", kind: "byteRate", value: (look) => look.sent_per_s },
  { id: "node-lag", title: "Lag", unit: "of the node's log not read yet", kind: "bytes", value: (look) => look.lag_bytes, optional: true },
  { id: "node-samples", title: "Samples", unit: "per second, in the node's log", kind: "rate", value: (look) => look.samples_per_s, optional: true },
];

/** The charts that these nodes have data for, or that every run has. */
export function chartsOf(traces: NodeTrace[]): NodeChart[] {
  return NODE_CHARTS.filter(({ optional, value }) => optional !== true || traces.some(({ seen }) => seen.some((look) => value(look) !== null)));
}

/** One chart, at least from the first to the second of the `ends`; times without an observation are gaps in the line. Of several observations in a step the last one counts. */
export function nodeContent(traces: NodeTrace[], value: NodeChart["value"], colourOf: (slot: number) => string, ends: (number | undefined)[] = []): ChartContent {
  const bucketMs = Math.max(0, ...traces.map(({ everyMs }) => everyMs));
  const start = (at_ms: number) => Math.floor(at_ms / bucketMs) * bucketMs;
  const seenAt = traces.flatMap(({ seen }) => seen.map(({ at_ms }) => at_ms));
  const times = [...new Set([...seenAt, ...ends.filter((end) => end !== undefined)].map(start))].sort((one, other) => one - other);
  const lines = traces.map(({ name, seen }, slot) => {
    const at = new Map(seen.map((look) => [start(look.at_ms), value(look)]));
    return { key: name, label: name, values: carried(times.map((time) => at.get(time))), colour: colourOf(slot), kind: "line" as const };
  });
  return { times, bucketMs, settledUntilMs: null, lines, thresholds: [] };
}

/** Observations are not aligned with the grid: a single step without one is not a gap. */
function carried(values: (number | null | undefined)[]): (number | null)[] {
  return values.map((value, index) => (value !== undefined ? value : (values[index - 1] ?? null)));
}
