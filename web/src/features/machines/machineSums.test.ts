import { describe, expect, it } from "vitest";
import type { Machine } from "@/shared/api/types";
import { orphansOf, soFar, sumOf } from "./machineSums";

const HOUR = 3_600_000;
const machine = (change: Partial<Machine>): Machine => ({
  provider: "ec2",
  region: "eu-central-1",
  id: "i-1",
  kind: "c6i.large",
  spot: false,
  cluster_id: "c-1",
  cluster_name: "load",
  owner: { id: "p", name: "Ann" },
  node: "master",
  role: "master",
  since_ms: 0,
  expires_at_ms: 8 * HOUR,
  usd_per_hour: 0.1,
  orphan: false,
  ...change,
});

describe("the cost of machines", () => {
  it("is each one's price multiplied by its age", () => {
    expect(soFar(machine({}), 3 * HOUR)).toBeCloseTo(0.3);
    const sum = sumOf([machine({}), machine({ usd_per_hour: 0.4, since_ms: HOUR })], [], 3 * HOUR);
    expect(sum).toEqual({ machines: 2, clusters: 1, usdPerHour: 0.5, usdSoFar: expect.closeTo(1.1) as number, unknown: 0 });
  });
  it("uses the cluster's price, once, if its row has one", () => {
    const mixed = [machine({ usd_per_hour: null }), machine({ usd_per_hour: null, node: "worker-1" }), machine({ cluster_id: "c-2", usd_per_hour: 0.1 })];
    const sum = sumOf(
      mixed,
      [
        { id: "c-1", usd_per_hour: 0.3, usd_so_far: 0.6 },
        { id: "c-9", usd_per_hour: 9, usd_so_far: 9 },
      ],
      HOUR,
    );
    expect(sum).toEqual({ machines: 3, clusters: 2, usdPerHour: expect.closeTo(0.4) as number, usdSoFar: expect.closeTo(0.7) as number, unknown: 0 });
  });
  it("excludes unknown prices, and counts them", () => {
    const sum = sumOf([machine({}), machine({ usd_per_hour: null })], [{ id: "c-1", usd_per_hour: null, usd_so_far: null }], HOUR);
    expect([sum.usdPerHour, sum.unknown]).toEqual([0.1, 1]);
    expect(sumOf([machine({ usd_per_hour: null })], [], HOUR)).toMatchObject({ usdPerHour: null, usdSoFar: null, unknown: 1 });
  });
  it("is nothing without machines", () => {
    expect(sumOf([], [], HOUR)).toEqual({ machines: 0, clusters: 0, usdPerHour: 0, usdSoFar: 0, unknown: 0 });
  });
});

describe("orphans", () => {
  it("are clusters, not machines, oldest first", () => {
    const found = orphansOf([
      machine({}),
      machine({ orphan: true, cluster_id: "c-3", since_ms: 2 * HOUR, cluster_name: "", expires_at_ms: null }),
      machine({ orphan: true, cluster_id: "c-2", since_ms: HOUR, cluster_name: "old" }),
      machine({ orphan: true, cluster_id: "c-2", since_ms: 0, cluster_name: "old", node: "worker-1", region: "us-east-1", expires_at_ms: 9 * HOUR }),
    ]);
    expect(found.map(({ clusterId, name, sinceMs, expiresAtMs, regions, machines }) => [clusterId, name, sinceMs, expiresAtMs, regions, machines.length])).toEqual([
      ["c-2", "old", 0, 9 * HOUR, ["eu-central-1", "us-east-1"], 2],
      ["c-3", "c-3", 2 * HOUR, null, ["eu-central-1"], 1],
    ]);
  });
});
