import { Link } from "react-router";
import type { Cluster } from "@/shared/api/types";
import { formatCount } from "@/shared/format/numbers";
import { formatDuration, formatTime } from "@/shared/format/time";
import { Chip } from "@/shared/ui/Chip";
import { Loaded } from "@/shared/ui/Loaded";
import { Note } from "@/shared/ui/Note";
import { useClusterEvents } from "../api/useClusterEvents";
import { isSettled, nodeChip } from "../clusterWords";

/** What a reader must know first: failed, degraded, running. */
export function ClusterNotes({ cluster }: { cluster: Cluster }) {
  return (
    <>
      {cluster.phase === "failed" && <Note tone="failed">{cluster.cause ?? "The cluster failed."} Look at what happened below, terminate it and create another.</Note>}
      {cluster.lost_nodes.length > 0 && (
        <Note tone="attention">
          Lost: {cluster.lost_nodes.join(", ")}. A run needs all nodes; terminate this cluster and create another.
        </Note>
      )}
      {cluster.current_run !== null && (
        <Note tone="info">
          A run is under way. <Link to={`/runs/${cluster.current_run}`}>Open it</Link>.
        </Note>
      )}
    </>
  );
}

export function NodeTable({ cluster }: { cluster: Cluster }) {
  return (
    <section className="card table-card" aria-label="Nodes">
      <header className="table-tools">
        <h3>Nodes</h3>
      </header>
      {cluster.nodes.length === 0 ? (
        <div className="table-empty">The nodes appear here as they are launched.</div>
      ) : (
        <table className="table-dense">
          <thead>
            <tr>
              <th scope="col">Node</th>
              <th scope="col">State</th>
              <th scope="col">Address</th>
              <th scope="col">Detail</th>
            </tr>
          </thead>
          <tbody>
            {cluster.nodes.map((node) => (
              <tr key={node.name}>
                <td>{node.name}</td>
                <td>
                  <Chip {...nodeChip(node)} />
                </td>
                <td>{node.address ?? "–"}</td>
                <td className="text-muted">{node.detail ?? ""}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

export function Configuration({ cluster }: { cluster: Cluster }) {
  const { config } = cluster;
  return (
    <section className="card list-card" aria-label="Configuration">
      <header className="chart-head">
        <h3>Configuration</h3>
      </header>
      <ul className="pairs">
        <li>
          <span>Workers</span>
          <span>{config.workers === 0 ? "none, the master runs alone" : formatCount(config.workers)}</span>
        </li>
        <li>
          <span>Heap of each JMeter</span>
          <span>{config.heap_mb === null ? "chosen by JAC" : `${formatCount(config.heap_mb)} MB`}</span>
        </li>
        <li>
          <span>Ends after</span>
          <span>{formatDuration(config.lifetime_minutes * 60)}</span>
        </li>
        <li>
          <span>Ends when idle for</span>
          <span>{config.idle_minutes == null ? "no limit" : formatDuration(config.idle_minutes * 60)}</span>
        </li>
        <li>
          <span>After its run</span>
          <span>{config.remove_after_run ? "removed" : "kept"}</span>
        </li>
      </ul>
    </section>
  );
}

export function Events({ cluster }: { cluster: Cluster }) {
  const query = useClusterEvents(cluster.id, isSettled(cluster.phase));
  return (
    <section className="card list-card" aria-label="What happened">
      <header className="chart-head">
        <h3>What happened</h3>
      </header>
      <div className="list-body">
        <Loaded query={query} what="Fetching what happened…">
          {(events) => (
            <ol className="events">
              {[...events]
                .sort((a, b) => b.at_ms - a.at_ms)
                .map((event) => (
                  <li key={`${event.at_ms} ${event.node ?? ""} ${event.text}`}>
                    <time>{formatTime(event.at_ms)}</time>
                    <span>{event.node ?? ""}</span>
                    <span>{event.text}</span>
                  </li>
                ))}
              {events.length === 0 && <li className="text-muted">Nothing yet.</li>}
            </ol>
          )}
        </Loaded>
      </div>
    </section>
  );
}
