/** Events of a cluster, made short enough to read. Pure. */
import type { Cluster, ClusterEvent } from "@/shared/api/types";

/**
 * `Sending JMeter: 12 of 150 MB.` comes every second or so: of each such series only the newest line stays. The last one comes before
 * the last byte, so what was under way when the cluster became ready is told without a number that looks like a half.
 */
export function foldProgress(events: ClusterEvent[], readyMs: number | null): ClusterEvent[] {
  const newest = new Map<string, number>();
  events.forEach((event, index) => {
    const series = seriesOf(event);
    if (series !== null) newest.set(series, index);
  });
  return events.flatMap((event, index) => {
    const series = seriesOf(event);
    if (series === null) return event;
    if (newest.get(series) !== index) return [];
    return readyMs !== null && event.at_ms <= readyMs ? { ...event, message: `${event.message.slice(0, event.message.indexOf(":"))}: done.` } : event;
  });
}

function seriesOf(event: ClusterEvent): string | null {
  const isProgress = typeof event.params["done"] === "number";
  return isProgress ? `${event.node ?? ""} ${event.code} ${JSON.stringify(event.params["what"])}` : null;
}

/** The last word about a node, or with null about the whole cluster; events come oldest first. */
export function lastWord(events: ClusterEvent[], node: string | null): string | null {
  return events.findLast((event) => event.node === node)?.message ?? null;
}

/** A cause may be the faults of several machines in one text, each beginning with its machine: one a line is easier to read. */
export function causeLines(cluster: Cluster): string[] {
  const cause = cluster.cause?.trim() ?? "";
  if (cause === "") return [];
  const starts = new Set([0]);
  for (const host of cluster.config.ssh?.hosts ?? []) {
    const mark = `${host.replace(/:22$/, "")}: `;
    for (let at = cause.indexOf(mark); at >= 0; at = cause.indexOf(mark, at + 1)) {
      if (at > 1 && cause.slice(at - 2, at) === ". ") starts.add(at);
    }
  }
  const places = [...starts].sort((a, b) => a - b);
  return places.map((at, index) => cause.slice(at, places[index + 1]).trim());
}
