/** Replaces the addresses of load generators in a log by the names of their nodes. Pure. */
import type { LoadGenerator, RunNode } from "@/shared/api/types";

/** A worker of a run: JMeter names its threads `host:port`, with the first port that was chosen for the worker. */
export type NamedNode = Pick<RunNode, "name" | "ports">;

export interface NamedHost extends LoadGenerator {
  /** The node's name; the address in the log if no node, or more than one, has that port. */
  name: string;
}

/** Reports contain the names, except those of earlier versions, for which they are taken from the run's nodes. */
export function namedHosts(hosts: LoadGenerator[], nodes: NamedNode[]): NamedHost[] {
  return hosts.map((each) => {
    if (each.node != null) return { ...each, name: each.node };
    const port = /:(\d+)$/.exec(each.host)?.[1];
    const [node, other] = port === undefined ? [] : nodes.filter(({ ports }) => String(ports[0]) === port);
    return { ...each, name: node === undefined || other !== undefined ? each.host : node.name };
  });
}
