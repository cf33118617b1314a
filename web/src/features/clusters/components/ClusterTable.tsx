import type { ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import type { ClusterSummary } from "@/shared/api/types";
import { formatUsd } from "@/shared/format/money";
import { plural } from "@/shared/format/numbers";
import type { Facet } from "@/shared/lists/ListFilters";
import { searchOf } from "@/shared/lists/listState";
import { ListTable } from "@/shared/lists/ListTable";
import { useListState } from "@/shared/lists/useListState";
import type { Column } from "@/shared/tables/tableRows";
import { Chip } from "@/shared/ui/Chip";
import { CutLink } from "@/shared/ui/MiddleCut";
import { useClusterPages } from "../api/useClusters";
import { clusterChip, providerWords } from "../clusterWords";
import { EndsIn } from "./EndsIn";

const COLUMNS: Column<ClusterSummary>[] = [
  { id: "name", name: "Cluster", main: true, value: (cluster) => cluster.name, cell: (cluster) => <CutLink to={`/clusters/${cluster.id}`} text={cluster.name} /> },
  { id: "state", name: "State", value: (cluster) => clusterChip(cluster).word, cell: (cluster) => <Chip {...clusterChip(cluster)} /> },
  {
    id: "nodes",
    name: "Nodes",
    numeric: true,
    value: (cluster) => cluster.workers,
    cell: (cluster) => (cluster.workers === 0 ? "master only" : `master + ${plural(cluster.workers, "worker")}`),
  },
  { id: "provider", name: "Provider", spareBelow: 1240, value: (cluster) => providerWords(cluster.provider), cell: (cluster) => providerWords(cluster.provider) },
  { id: "owner", name: "Owner", clip: true, spareBelow: 1000, value: (cluster) => cluster.owner.name, cell: (cluster) => cluster.owner.name },
  { id: "team", name: "Team", clip: true, optional: true, value: (cluster) => cluster.team?.name ?? null, cell: (cluster) => cluster.team?.name ?? <span className="text-faint">–</span> },
  {
    id: "run",
    name: "Run",
    value: (cluster) => cluster.current_run,
    cell: (cluster) => (cluster.current_run === null ? <span className="text-faint">–</span> : <Link to={`/runs/${cluster.current_run}`}>open</Link>),
  },
  { id: "ends", name: "Expires in", title: "Sort by expiry", numeric: true, value: (cluster) => cluster.ended_ms ?? cluster.expires_at_ms, cell: (cluster) => <EndsIn cluster={cluster} /> },
];

/** Shown if some clusters have ended. */
const REASON: Column<ClusterSummary> = {
  id: "cause",
  name: "Reason",
  clip: true,
  wide: true,
  spareBelow: 1000,
  value: (cluster) => cluster.cause?.message ?? null,
  cell: (cluster) => cluster.cause?.message ?? <span className="text-faint">–</span>,
};

/** Shown if machines cost money. */
const PRICES: Column<ClusterSummary>[] = [
  { id: "usd_per_hour", name: "Per hour", title: "Estimated price of an hour", numeric: true, value: (cluster) => cluster.usd_per_hour, cell: (cluster) => formatUsd(cluster.usd_per_hour) },
  { id: "usd_so_far", name: "So far", title: "Estimated cost so far", numeric: true, value: (cluster) => cluster.usd_so_far, cell: (cluster) => formatUsd(cluster.usd_so_far) },
];

/** The reason is next to the state. */
const AFTER_STATE = 2;

const ORDERS = { name: "name", ends: "expires" };
const FACETS: Facet[] = [
  {
    name: "provider",
    label: "Provider",
    options: [
      { value: "local", word: "Local processes" },
      { value: "ssh", word: "Machines over SSH" },
      { value: "ec2", word: "Amazon EC2" },
    ],
  },
  {
    name: "phase",
    label: "State",
    options: ["requested", "launching", "preparing", "ready", "terminating", "terminated", "failed"].map((phase) => ({ value: phase, word: phase })),
  },
];
const NAMES = ["provider", "phase", "ended"];
/** Phases of terminated clusters only. */
const ENDED = ["terminated", "failed"];

/** The list of clusters: existing ones, and optionally terminated ones. */
export function ClusterTable({ empty }: { empty: (withEnded: boolean) => ReactNode }) {
  const navigate = useNavigate();
  const [state, change] = useListState("", NAMES);
  const phase = state.facets["phase"] ?? "";
  const ended = phase === "" ? state.facets["ended"] === "true" : ENDED.includes(phase);
  const shown = { ...state, facets: without(state.facets, "ended") };
  const pages = useClusterPages(searchOf(shown, { ended: String(ended) }));
  return (
    <ListTable
      name="clusters"
      fills
      title="Clusters"
      pages={pages}
      state={shown}
      onChange={(next) => change(next.facets === undefined ? next : { ...next, facets: { ...state.facets, ...next.facets } })}
      orders={ORDERS}
      facets={FACETS}
      searches="Name or ID"
      columns={columnsOf(pages.rows ?? [])}
      rowKey={(cluster) => cluster.id}
      onOpen={(cluster) => void navigate(`/clusters/${cluster.id}`)}
      empty={empty(ended)}
      actions={
        <button type="button" className="btn btn-quiet" aria-pressed={ended} onClick={() => change({ facets: { ...state.facets, phase: "", ended: ended ? "" : "true" } })}>
          Show terminated
        </button>
      }
    />
  );
}

function columnsOf(rows: ClusterSummary[]): Column<ClusterSummary>[] {
  const reason = rows.some(({ cause }) => cause !== null) ? [REASON] : [];
  const prices = rows.some(({ provider }) => provider === "ec2") ? PRICES : [];
  return [...COLUMNS.slice(0, AFTER_STATE), ...reason, ...COLUMNS.slice(AFTER_STATE), ...prices];
}

function without(facets: Record<string, string>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(facets).filter(([each]) => each !== name));
}
