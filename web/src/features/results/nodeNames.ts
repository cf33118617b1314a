/** Names of nodes in place of the addresses by which a log knows them. Pure. */
import type { HostCount, RunNode } from "@/shared/api/types";

/** A worker's part of a run: JMeter names its threads by `host:port`, and the port is the first that was chosen for it. */
export type NamedNode = Pick<RunNode, "name" | "ports">;

export interface NamedHost extends HostCount {
  /** The node's name; what the log has where no node, or more than one, has that port. */
  name: string;
}

export function namedHosts(hosts: HostCount[], nodes: NamedNode[]): NamedHost[] {
  return hosts.map((each) => {
    const port = /:(\d+)$/.exec(each.host)?.[1];
    const [node, other] = port === undefined ? [] : nodes.filter(({ ports }) => String(ports[0]) === port);
    return { ...each, name: node === undefined || other !== undefined ? each.host : node.name };
  });
}
