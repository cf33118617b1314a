/** Events of a cluster, made short enough to read. Pure. */
import type { Cluster, ClusterEvent, Fault } from "@/shared/api/types";

/**
 * `Sending JMeter: 12 of 150 MB.` comes every second or so: of each such series only the newest line stays. The last one comes before
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

/** The last word about a node, or with null about the whole cluster; events come oldest first. */
export function lastWord(events: ClusterEvent[], node: string | null): string | null {
  return events.findLast((event) => event.node === node)?.message ?? null;
}

/** Why it failed or ended, one line for each fault where there are several. */
export function causeLines(cluster: Cluster): string[] {
  if (cluster.cause === null) return [];
  const faults = cluster.cause.params["faults"] as Fault[] | undefined;
  return faults === undefined || faults.length === 0 ? [cluster.cause.message] : faults.map(({ message }) => message);
}
