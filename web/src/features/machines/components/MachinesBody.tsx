import { Link } from "react-router";
import type { Machines } from "@/shared/api/types";
import { formatUsd } from "@/shared/format/money";
import { formatCount, plural } from "@/shared/format/numbers";
import { Empty } from "@/shared/ui/Empty";
import { Figures } from "@/shared/ui/Figures";
import { Note } from "@/shared/ui/Note";
import { useNow } from "@/shared/ui/useNow";
import { orphansOf, sumOf, type Priced } from "../machineSums";
import { MachineTable } from "./MachineTable";
import { OrphanNote } from "./OrphanNote";

/** All machines and their cost: the sums, orphans, then each machine. */
export function MachinesBody({ machines, unreachable, rows }: Machines & { rows: Priced[] }) {
  const now = useNow(2000);
  const sum = sumOf(machines, rows, now);
  const orphans = orphansOf(machines);
  const left = sum.unknown === 0 ? "estimate" : `estimate, ${plural(sum.unknown, "price")} unknown`;
  return (
    <>
      {unreachable.map(({ provider, region, reason }) => (
        <Note key={`${provider} ${region ?? ""}`} tone="failed">
          <strong>
            {provider === "ec2" ? "Amazon EC2" : provider}
            {region !== null && ` in ${region}`} cannot be queried.
          </strong>{" "}
          {reason}
          {machines.length > 0 && <p>Showing the last known state.</p>}
        </Note>
      ))}
      {machines.length > 0 && (
        <Figures
          figures={[
            { key: "machines", name: "Machines", value: [formatCount(sum.machines), ""], note: `of ${plural(sum.clusters, "cluster")}` },
            { key: "usd_per_hour", name: "Per hour", value: [formatUsd(sum.usdPerHour), ""], note: left },
            { key: "usd_so_far", name: "So far", value: [formatUsd(sum.usdSoFar), ""], note: left },
            { key: "orphans", name: "Orphans", value: [formatCount(orphans.length), ""], note: "not managed by this server", ...(orphans.length > 0 ? { tone: "failed" as const } : {}) },
          ]}
        />
      )}
      {orphans.map((orphan) => (
        <OrphanNote key={orphan.clusterId} orphan={orphan} now={now} />
      ))}
      <MachineTable
        machines={machines}
        rows={rows}
        now={now}
        empty={
          <Empty
            icon="cloud"
            title={unreachable.length === 0 ? "No running instances." : "No known instances."}
            action={
              <Link className="btn btn-outline-secondary" to="/clusters">
                Go to clusters
              </Link>
            }
          >
            {unreachable.length === 0 ? "Instances of clusters on Amazon EC2 appear here, including orphaned ones." : "Some providers could not be queried."}
          </Empty>
        }
      />
    </>
  );
}
