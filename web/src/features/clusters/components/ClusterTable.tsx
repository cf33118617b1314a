import type { ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import type { Cluster } from "@/shared/api/types";
import { plural } from "@/shared/format/numbers";
import { DataTable } from "@/shared/tables/DataTable";
import type { Column } from "@/shared/tables/tableRows";
import { Chip } from "@/shared/ui/Chip";
import { clusterChip, providerWords } from "../clusterWords";
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
    value: (cluster) => cluster.config.workers,
    cell: (cluster) => (cluster.config.workers === 0 ? "master alone" : `master + ${plural(cluster.config.workers, "worker")}`),
  },
  { id: "provider", name: "Provider", value: (cluster) => providerWords(cluster.provider), cell: (cluster) => providerWords(cluster.provider) },
  { id: "owner", name: "Owner", value: (cluster) => cluster.owner.name, cell: (cluster) => cluster.owner.name },
  { id: "run", name: "Run", value: (cluster) => cluster.current_run, cell: (cluster) => (cluster.current_run === null ? <span className="text-faint">–</span> : <Link to={`/runs/${cluster.current_run}`}>open</Link>) },
  { id: "ends", name: "Ends in", numeric: true, value: (cluster) => cluster.ended_ms ?? cluster.expires_at_ms, cell: (cluster) => <EndsIn cluster={cluster} /> },
];

export function ClusterTable({ clusters, empty, actions }: { clusters: Cluster[]; empty: ReactNode; actions?: ReactNode }) {
  const navigate = useNavigate();
  return (
    <DataTable
      name="clusters"
      title="Clusters"
      rows={clusters}
      columns={COLUMNS}
      rowKey={(cluster) => cluster.id}
      onOpen={(cluster) => void navigate(`/clusters/${cluster.id}`)}
      empty={empty}
      actions={actions}
    />
  );
}
