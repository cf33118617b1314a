/** What machines cost together, and which of them belong to no cluster here. Pure. */
import type { Machine } from "@/shared/api/types";
import { costOver } from "@/shared/format/money";

/** What one has cost so far; null where its price is not known. */
export function soFar(machine: Machine, nowMs: number): number | null {
  return costOver(machine.usd_per_hour, (nowMs - machine.since_ms) / 1000);
}

export interface Sum {
  machines: number;
  /** Of those whose price is known; null where none's is. */
  usdPerHour: number | null;
  usdSoFar: number | null;
  /** How many are not in the sums, because their price is not known. */
  unknown: number;
}

export function sumOf(machines: Machine[], nowMs: number): Sum {
  const priced = machines.filter((machine) => machine.usd_per_hour !== null);
  const sum = (of: (machine: Machine) => number | null) => (priced.length === 0 && machines.length > 0 ? null : priced.reduce((total, machine) => total + (of(machine) ?? 0), 0));
  return {
    machines: machines.length,
    usdPerHour: sum((machine) => machine.usd_per_hour),
    usdSoFar: sum((machine) => soFar(machine, nowMs)),
    unknown: machines.length - priced.length,
  };
}

/** A cluster that is there and that no row here knows. */
export interface Orphan {
  clusterId: string;
  name: string;
  owner: string;
  regions: string[];
  sinceMs: number;
  /** When its machines are to go at the latest, as their tags say. */
  expiresAtMs: number | null;
  machines: Machine[];
}

/** The oldest first. */
export function orphansOf(machines: Machine[]): Orphan[] {
  const byCluster = new Map<string, Machine[]>();
  for (const machine of machines.filter((each) => each.orphan)) {
    byCluster.set(machine.cluster_id, [...(byCluster.get(machine.cluster_id) ?? []), machine]);
  }
  return [...byCluster.entries()]
    .map(([clusterId, members]): Orphan => {
      const ends = members.flatMap((machine) => machine.expires_at_ms ?? []);
      return {
        clusterId,
        name: members.find((machine) => machine.cluster_name !== "")?.cluster_name ?? clusterId,
        owner: members.find((machine) => machine.owner.name !== "")?.owner.name ?? "nobody named",
        regions: [...new Set(members.map((machine) => machine.region))].sort(),
        sinceMs: Math.min(...members.map((machine) => machine.since_ms)),
        expiresAtMs: ends.length === 0 ? null : Math.max(...ends),
        machines: members,
      };
    })
    .sort((one, other) => one.sinceMs - other.sinceMs);
}
