/**
 * Observations of the nodes of a running test since the page was opened: a snapshot has only their current state. Limited in number of
 * points; in a longer test the points are further apart. Pure.
 */
import type { NodeLook, NodeSeries, RunNode } from "@/shared/api/types";

export interface NodeTrace {
  name: string;
  /** In order of time, about `everyMs` apart. */
  seen: NodeLook[];
  everyMs: number;
}

/** The interval of the server's observations. */
const LOOK_MS = 5000;
/** Two hours of observations. */
const MOST = 1440;

/** Adds this snapshot's observations, in the snapshot's order; a node that it no longer has keeps its trace. */
export function traceNodes(traces: NodeTrace[], nodes: RunNode[]): NodeTrace[] {
  let changed = false;
  const merged = traces.map((trace) => {
    const look = nodes.find(({ name }) => name === trace.name)?.health;
    const last = trace.seen.at(-1)?.at_ms ?? -Infinity;
    // The intervals of observations vary a little.
    if (look == null || look.at_ms <= last || look.at_ms - last < trace.everyMs - LOOK_MS / 2) return trace;
    changed = true;
    return withLook(trace, look);
  });
  for (const { name, health } of nodes) {
    if (health === null || traces.some((trace) => trace.name === name)) continue;
    changed = true;
    merged.push({ name, seen: [health], everyMs: LOOK_MS });
  }
  return changed ? merged : traces;
}

function withLook(trace: NodeTrace, look: NodeLook): NodeTrace {
  const seen = [...trace.seen, look];
  if (seen.length <= MOST) return { ...trace, seen };
  return { ...trace, seen: seen.filter((_, index) => index % 2 === 0), everyMs: trace.everyMs * 2 };
}

/** The server's observations from the run's start, followed by those of the page. Without the former: the latter alone. */
export function withHistory(history: NodeSeries | undefined, since: NodeTrace[]): NodeTrace[] {
  if (history === undefined || history.nodes.length === 0) return since;
  return history.nodes.map(({ name, looks }) => {
    const last = looks.at(-1)?.at_ms ?? -Infinity;
    const newer = since.find((trace) => trace.name === name)?.seen.filter(({ at_ms }) => at_ms > last) ?? [];
    return { name, seen: [...looks, ...newer], everyMs: history.every_ms };
  });
}
