import type { ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import type { Cluster } from "@/shared/api/types";
import { formatUsd } from "@/shared/format/money";
import { plural } from "@/shared/format/numbers";
import { DataTable } from "@/shared/tables/DataTable";
import type { Column } from "@/shared/tables/tableRows";
import { Chip } from "@/shared/ui/Chip";
import { clusterChip, providerWords, workersOf } from "../clusterWords";
import { EndsIn } from "./EndsIn";

const COLUMNS: Column<Cluster>[] = [
  {
    id: "name",
    name: "Cluster",
    main: true,
    value: (cluster) => `${cluster.name} ${cluster.description}`,
    cell: (cluster) => (
      <>
        <Link to={`/clusters/${cluster.id}`}>{cluster.name}</Link> <span className="text-muted">{cluster.description}</span>
      </>
    ),
  },
  { id: "state", name: "State", value: (cluster) => clusterChip(cluster).word, cell: (cluster) => <Chip {...clusterChip(cluster)} /> },
  {
    id: "nodes",
    name: "Nodes",
    numeric: true,
    value: (cluster) => workersOf(cluster),
    cell: (cluster) => (workersOf(cluster) === 0 ? "master only" : `master + ${plural(workersOf(cluster), "worker")}`),
  },
  { id: "provider", name: "Provider", spareBelow: 1240, value: whereWords, cell: whereWords },
  { id: "owner", name: "Owner", clip: true, spareBelow: 1000, value: (cluster) => cluster.owner.name, cell: (cluster) => cluster.owner.name },
  { id: "run", name: "Run", value: (cluster) => cluster.current_run, cell: (cluster) => (cluster.current_run === null ? <span className="text-faint">–</span> : <Link to={`/runs/${cluster.current_run}`}>open</Link>) },
  { id: "ends", name: "Ends in", numeric: true, value: (cluster) => cluster.ended_ms ?? cluster.expires_at_ms, cell: (cluster) => <EndsIn cluster={cluster} /> },
];

/** For where machines cost money. */
const PRICES: Column<Cluster>[] = [
  { id: "usd_per_hour", name: "Per hour", title: "Sort by the estimated price of an hour", numeric: true, value: (cluster) => cluster.usd_per_hour, cell: (cluster) => formatUsd(cluster.usd_per_hour) },
  { id: "usd_so_far", name: "So far", title: "Sort by what it has cost so far, an estimate", numeric: true, value: (cluster) => cluster.usd_so_far, cell: (cluster) => formatUsd(cluster.usd_so_far) },
];

function whereWords({ provider, config }: Cluster): string {
  return config.ec2?.region == null ? providerWords(provider) : `EC2, ${config.ec2.region}`;
}

export function ClusterTable({ clusters, empty, actions }: { clusters: Cluster[]; empty: ReactNode; actions?: ReactNode }) {
  const navigate = useNavigate();
  return (
    <DataTable
      name="clusters"
      fills
      title="Clusters"
      rows={clusters}
      columns={clusters.some(({ provider }) => provider === "ec2") ? [...COLUMNS, ...PRICES] : COLUMNS}
      rowKey={(cluster) => cluster.id}
      onOpen={(cluster) => void navigate(`/clusters/${cluster.id}`)}
      empty={empty}
      actions={actions}
    />
  );
}
