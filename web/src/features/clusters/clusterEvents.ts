/** Events of a cluster, reduced to the relevant ones. Pure. */
import type { Cluster, ClusterEvent, Fault } from "@/shared/api/types";

/**
 * `Sending JMeter: 12 of 150 MB.` arrives about once a second: only the newest event of each such series is kept. It precedes
 * the last byte, so a transfer in progress when the cluster became ready is shown without a number.
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

/** The latest event of a node, or with null of the whole cluster; events are ordered oldest first. */
export function lastWord(events: ClusterEvent[], node: string | null): string | null {
  return events.findLast((event) => event.node === node)?.message ?? null;
}

/** Why it failed or was terminated, one line for each error if there are several. */
export function causeLines(cluster: Cluster): string[] {
  if (cluster.cause === null) return [];
  const faults = cluster.cause.params["faults"] as Fault[] | undefined;
  return faults === undefined || faults.length === 0 ? [cluster.cause.message] : faults.map(({ message }) => message);
}
