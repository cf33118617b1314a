/** Names of nodes in place of the addresses by which a log knows them. Pure. */
import type { LoadGenerator, RunNode } from "@/shared/api/types";

/** A worker of a run: JMeter names its threads `host:port`, with the first port that was chosen for the worker. */
export type NamedNode = Pick<RunNode, "name" | "ports">;

export interface NamedHost extends LoadGenerator {
  /** The node's name; what the log has where no node, or more than one, has that port. */
  name: string;
}

/** The report has the names itself, those of earlier versions apart: there the run's nodes give them. */
export function namedHosts(hosts: LoadGenerator[], nodes: NamedNode[]): NamedHost[] {
  return hosts.map((each) => {
    if (each.node != null) return { ...each, name: each.node };
    const port = /:(\d+)$/.exec(each.host)?.[1];
    const [node, other] = port === undefined ? [] : nodes.filter(({ ports }) => String(ports[0]) === port);
    return { ...each, name: node === undefined || other !== undefined ? each.host : node.name };
  });
}
