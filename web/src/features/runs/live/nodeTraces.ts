/**
 * How the nodes of a running test fared since this page is open: each snapshot says only how they are now. Kept in a bounded number of
 * points; a test that lasts longer has them further apart. Pure.
 */
import type { NodeLook, NodeSeries, RunNode } from "@/shared/api/types";

export interface NodeTrace {
  name: string;
  /** In the order of time, about `everyMs` apart. */
  seen: NodeLook[];
  everyMs: number;
}

/** How often the server looks at a node. */
const LOOK_MS = 5000;
/** Two hours of looks. */
const MOST = 1440;

/** The traces with what this snapshot saw, in the snapshot's order; a node that it has no more keeps its trace. */
export function traceNodes(traces: NodeTrace[], nodes: RunNode[]): NodeTrace[] {
  let changed = false;
  const merged = traces.map((trace) => {
    const look = nodes.find(({ name }) => name === trace.name)?.health;
    const last = trace.seen.at(-1)?.at_ms ?? -Infinity;
    // Looks are not on the dot.
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

/** How the nodes fared from the run's beginning, as the server has it, and what was seen since. Without the former: the latter alone. */
export function withHistory(history: NodeSeries | undefined, since: NodeTrace[]): NodeTrace[] {
  if (history === undefined || history.nodes.length === 0) return since;
  return history.nodes.map(({ name, looks }) => {
    const last = looks.at(-1)?.at_ms ?? -Infinity;
    const newer = since.find((trace) => trace.name === name)?.seen.filter(({ at_ms }) => at_ms > last) ?? [];
    return { name, seen: [...looks, ...newer], everyMs: history.every_ms };
  });
}
