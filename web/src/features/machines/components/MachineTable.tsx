import { useMemo, type ReactNode } from "react";
import type { Machine } from "@/shared/api/types";
import { formatUsd } from "@/shared/format/money";
import { formatAgo, formatDateTime, formatDuration } from "@/shared/format/time";
import { DataTable } from "@/shared/tables/DataTable";
import type { Column } from "@/shared/tables/tableRows";
import { Chip } from "@/shared/ui/Chip";
import { CutLink } from "@/shared/ui/MiddleCut";
import { CopyId } from "@/shared/ui/CopyId";
import { soFar, type Priced } from "../machineSums";

function columnsAt(now: number, rows: Priced[]): Column<Machine>[] {
  return [
    {
      id: "cluster",
      name: "Cluster",
      main: true,
      value: (machine) => nameOf(machine),
      cell: (machine) =>
        machine.orphan ? (
          <>
            <Chip tone="attention" word="orphan" icon="exclamation-triangle" /> {nameOf(machine)}
          </>
        ) : (
          <CutLink to={`/clusters/${machine.cluster_id}`} text={nameOf(machine)} />
        ),
    },
    { id: "node", name: "Node", value: (machine) => machine.node, cell: (machine) => machine.node },
    { id: "owner", name: "Owner", clip: true, spareBelow: 1320, value: (machine) => machine.owner.name, cell: (machine) => machine.owner.name },
    { id: "kind", name: "Type", value: (machine) => kindOf(machine), cell: (machine) => kindOf(machine) },
    { id: "region", name: "Region", spareBelow: 1240, value: (machine) => machine.region, cell: (machine) => machine.region },
    { id: "since", name: "Since", numeric: true, value: (machine) => machine.since_ms, cell: (machine) => <span title={formatDateTime(machine.since_ms)}>{formatAgo(machine.since_ms, now)}</span> },
    {
      id: "usd_per_hour",
      name: "Per hour",
      title: "Sort by the estimated price of an hour",
      numeric: true,
      value: (machine) => machine.usd_per_hour,
      cell: (machine) => <Price own={machine.usd_per_hour} together={rowOf(rows, machine)?.usd_per_hour} />,
    },
    {
      id: "usd_so_far",
      name: "So far",
      title: "Sort by estimated cost so far",
      numeric: true,
      value: (machine) => soFar(machine, now),
      cell: (machine) => <Price own={soFar(machine, now)} together={rowOf(rows, machine)?.usd_so_far} />,
    },
    { id: "ends", name: "Expires in", title: "Sort by expiry", numeric: true, value: (machine) => machine.expires_at_ms, cell: (machine) => <Ends machine={machine} now={now} /> },
    { id: "id", name: "Machine", value: (machine) => machine.id, cell: (machine) => <CopyId id={machine.id} /> },
  ];
}

function rowOf(rows: Priced[], machine: Machine): Priced | undefined {
  return rows.find(({ id }) => id === machine.cluster_id);
}

/** A machine's own price, otherwise the price of its whole cluster. */
function Price({ own, together }: { own: number | null; together: number | null | undefined }) {
  if (own !== null || together == null) return <>{formatUsd(own)}</>;
  return (
    <span className="text-muted" title="Total for this cluster: only the sum of master and workers is known.">
      of {formatUsd(together)}
    </span>
  );
}

function nameOf(machine: Machine): string {
  return machine.cluster_name === "" ? machine.cluster_id : machine.cluster_name;
}

function kindOf(machine: Machine): string {
  return machine.spot ? `${machine.kind}, spot` : machine.kind;
}

function Ends({ machine, now }: { machine: Machine; now: number }) {
  if (machine.expires_at_ms === null) return <span className="text-faint">–</span>;
  const left = (machine.expires_at_ms - now) / 1000;
  return <span title={formatDateTime(machine.expires_at_ms)}>{left <= 0 ? "now" : formatDuration(left)}</span>;
}

export function MachineTable({ machines, rows, now, empty }: { machines: Machine[]; rows: Priced[]; now: number; empty: ReactNode }) {
  const columns = useMemo(() => columnsAt(now, rows), [now, rows]);
  return <DataTable name="machines" fills cards title="Machines" rows={machines} columns={columns} rowKey={(machine) => `${machine.region} ${machine.id}`} empty={empty} />;
}
