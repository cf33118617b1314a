/** Replaces the addresses in a log by the names of nodes. Pure. */
import type { HostCount, RunNode } from "@/shared/api/types";

/** A worker of a run: JMeter names its threads `host:port`, with the first port that was chosen for the worker. */
export type NamedNode = Pick<RunNode, "name" | "ports">;

export interface NamedHost extends HostCount {
  /** The node's name; the log's own text if no node, or more than one, has that port. */
  name: string;
}

export function namedHosts(hosts: HostCount[], nodes: NamedNode[]): NamedHost[] {
  return hosts.map((each) => {
    const port = /:(\d+)$/.exec(each.host)?.[1];
    const [node, other] = port === undefined ? [] : nodes.filter(({ ports }) => String(ports[0]) === port);
    return { ...each, name: node === undefined || other !== undefined ? each.host : node.name };
  });
}
