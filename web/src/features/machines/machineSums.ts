/** The total cost of machines, and which of them belong to no cluster of this server. Pure. */
import type { ClusterSummary, Machine } from "@/shared/api/types";
import { costOver } from "@/shared/format/money";

/** The cost of a machine so far; null if its price is unknown. */
export function soFar(machine: Machine, nowMs: number): number | null {
  return costOver(machine.usd_per_hour, (nowMs - machine.since_ms) / 1000);
}

export interface Sum {
  machines: number;
  clusters: number;
  /** The sum of the known prices; null if none is known. */
  usdPerHour: number | null;
  usdSoFar: number | null;
  /** Number of machines that are not in the sums, because their price is unknown. */
  unknown: number;
}

/** The cost of all machines of a cluster together, from the cluster's row. */
export type Priced = Pick<ClusterSummary, "id" | "usd_per_hour" | "usd_so_far">;

/** A cluster's price is taken from its row, because a single machine's is unknown if master and workers have different types. Without a row it is the machines'. */
export function sumOf(machines: Machine[], rows: Priced[], nowMs: number): Sum {
  const sum: Sum = { machines: machines.length, clusters: 0, usdPerHour: machines.length === 0 ? 0 : null, usdSoFar: machines.length === 0 ? 0 : null, unknown: 0 };
  const add = (usdPerHour: number | null, usdSoFar: number | null) => {
    if (usdPerHour === null) return;
    sum.usdPerHour = (sum.usdPerHour ?? 0) + usdPerHour;
    sum.usdSoFar = (sum.usdSoFar ?? 0) + (usdSoFar ?? 0);
  };
  for (const [clusterId, members] of byCluster(machines)) {
    sum.clusters += 1;
    const row = rows.find(({ id }) => id === clusterId);
    if (row !== undefined && row.usd_per_hour !== null) {
      add(row.usd_per_hour, row.usd_so_far);
      continue;
    }
    for (const machine of members) add(machine.usd_per_hour, soFar(machine, nowMs));
    sum.unknown += members.filter((machine) => machine.usd_per_hour === null).length;
  }
  return sum;
}

function byCluster(machines: Machine[]): Map<string, Machine[]> {
  const groups = new Map<string, Machine[]>();
  for (const machine of machines) groups.set(machine.cluster_id, [...(groups.get(machine.cluster_id) ?? []), machine]);
  return groups;
}

/** A cluster that exists and has no row on this server. */
export interface Orphan {
  clusterId: string;
  name: string;
  owner: string;
  regions: string[];
  sinceMs: number;
  /** When its machines terminate at the latest, from their tags. */
  expiresAtMs: number | null;
  machines: Machine[];
}

/** Oldest first. */
export function orphansOf(machines: Machine[]): Orphan[] {
  return [...byCluster(machines.filter((machine) => machine.orphan))]
    .map(([clusterId, members]): Orphan => {
      const ends = members.flatMap((machine) => machine.expires_at_ms ?? []);
      return {
        clusterId,
        name: members.find((machine) => machine.cluster_name !== "")?.cluster_name ?? clusterId,
        owner: members.find((machine) => machine.owner.name !== "")?.owner.name ?? "unknown owner",
        regions: [...new Set(members.map((machine) => machine.region))].sort(),
        sinceMs: Math.min(...members.map((machine) => machine.since_ms)),
        expiresAtMs: ends.length === 0 ? null : Math.max(...ends),
        machines: members,
      };
    })
    .sort((one, other) => one.sinceMs - other.sinceMs);
}
