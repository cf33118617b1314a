import { Link } from "react-router";
import { clusterChip, hasEnded, sizeWords } from "@/features/clusters/clusterWords";
import { EndsIn } from "@/features/clusters/components/EndsIn";
import type { ClusterSummary } from "@/shared/api/types";
import { formatUsd } from "@/shared/format/money";
import { plural } from "@/shared/format/numbers";
import { Chip } from "@/shared/ui/Chip";
import { clustersShown } from "./shown";

/** The most relevant clusters, one line each; the list has all. */
export function OverviewClusters({ clusters, more }: { clusters: ClusterSummary[]; /** There are more clusters than these. */ more: boolean }) {
  const shown = clustersShown(clusters);
  return (
    <section className="card list-card" aria-label="Clusters">
      <header className="chart-head">
        <h2>Clusters</h2>
        <span className="flex-grow-1" />
        <Link className="btn btn-quiet" to="/clusters">
          {more ? "All clusters" : shown.length < clusters.length ? `All ${plural(clusters.length, "cluster")}` : "Go to clusters"}
        </Link>
      </header>
      <ul className="pairs cluster-lines">
        {shown.map((cluster) => (
          <Line key={cluster.id} cluster={cluster} />
        ))}
        {shown.length === 0 && <li className="text-muted">No active clusters. A run can create one.</li>}
      </ul>
    </section>
  );
}

function Line({ cluster }: { cluster: ClusterSummary }) {
  const { name, usd_per_hour, usd_so_far } = cluster;
  return (
    <li>
      <span className="cluster-line">
        <Link to={`/clusters/${cluster.id}`} title={name}>
          {name}
        </Link>
        <Chip {...clusterChip(cluster)} />
        <span className="text-muted">{sizeWords(cluster.workers)}</span>
      </span>
      <span className="cluster-line-figures">
        {usd_per_hour !== null && (
          <>
            about {formatUsd(usd_per_hour)} an hour, {formatUsd(usd_so_far)} so far ·{" "}
          </>
        )}
        <Ending cluster={cluster} />
      </span>
    </li>
  );
}

function Ending({ cluster }: { cluster: ClusterSummary }) {
  if (hasEnded(cluster.phase)) return <>terminating</>;
  return (
    <>
      expires in <EndsIn cluster={cluster} />
    </>
  );
}
