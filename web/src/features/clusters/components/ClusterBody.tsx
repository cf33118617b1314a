import { Link } from "react-router";
import type { Cluster } from "@/shared/api/types";
import { formatCount, plural } from "@/shared/format/numbers";
import { formatDuration } from "@/shared/format/time";
import { Note } from "@/shared/ui/Note";
import { Sentence } from "@/shared/ui/Sentence";
import { useNow } from "@/shared/ui/useNow";
import { useClusterEvents } from "../api/useClusterEvents";
import { causeLines } from "../clusterEvents";
import { ClusterWarnings } from "./ClusterWarnings";
import { Ec2Pairs } from "./Ec2Pairs";
import { hasEnded, isComingUp, launchFailed, providerWords, workersOf } from "../clusterWords";

/** The most important message about a cluster: failed, launching, degraded, running. */
export function ClusterNotes({ cluster }: { cluster: Cluster }) {
  const gone = hasEnded(cluster.phase);
  const causes = gone ? causeLines(cluster) : [];
  return (
    <>
      {gone && (causes.length > 0 || cluster.phase === "failed") && (
        <Note tone={cluster.phase === "failed" ? "failed" : launchFailed(cluster) ? "attention" : "info"}>
          {causes.map((line) => (
            <p key={line}>
              <Sentence text={line} />
            </p>
          ))}
          {launchFailed(cluster) && <p>{cluster.phase === "terminated" ? "Launch failed; everything was removed." : "Launch failed; resources are being cleaned up."} Fix the cause and retry.</p>}
        </Note>
      )}
      {isComingUp(cluster.phase) && <ComingUp cluster={cluster} />}
      {!gone && workersOf(cluster) < cluster.config.workers && (
        <Note tone="attention">
          {plural(cluster.config.workers - workersOf(cluster), "worker")} of {formatCount(cluster.config.workers)} failed to launch, which this cluster tolerates: runs use the others. See Events for
          the cause.
        </Note>
      )}
      {cluster.lost_nodes.length > 0 && <Note tone="attention">Lost: {cluster.lost_nodes.join(", ")}. Runs need all nodes: terminate this cluster and create another.</Note>}
      {!gone && <ClusterWarnings cluster={cluster} />}
      {cluster.current_run !== null && (
        <Note tone="info">
          A run is in progress. <Link to={`/runs/${cluster.current_run}`}>Open it</Link>.
        </Note>
      )}
    </>
  );
}

/** What the cluster is waiting for; progress per node is in the table of nodes. */
function ComingUp({ cluster }: { cluster: Cluster }) {
  const now = useNow();
  const events = useClusterEvents(cluster.id, false);
  const newest = events.data?.at(-1);
  return (
    <Note tone="info">
      Starting ({formatDuration(Math.max(now - cluster.created_ms, 0) / 1000)})…{" "}
      {newest !== undefined && (
        <>
          {newest.node !== null && `${newest.node}: `}
          {newest.message}
        </>
      )}
    </Note>
  );
}

export function Configuration({ cluster }: { cluster: Cluster }) {
  const { config } = cluster;
  return (
    <section className="card list-card" aria-label="Configuration">
      <header className="chart-head">
        <h2>Configuration</h2>
      </header>
      <ul className="pairs">
        <li>
          <span>Provider</span>
          <span>{providerWords(cluster.provider)}</span>
        </li>
        {config.ssh != null && (
          <>
            <li>
              <span>SSH user</span>
              <span className="pair-value">{config.ssh.user}</span>
            </li>
            <li>
              <span>SSH key</span>
              {config.ssh.key_file == null ? <span className="pair-value">the owner’s, saved</span> : <code className="pair-value">{config.ssh.key_file}</code>}
            </li>
          </>
        )}
        {config.ec2 != null && <Ec2Pairs config={config.ec2} />}
        <li>
          <span>Workers</span>
          <span>{config.workers === 0 ? "0 (master only)" : formatCount(config.workers)}</span>
        </li>
        {config.jmeter_version != null && (
          <li>
            <span>JMeter</span>
            <span>{config.jmeter_version}</span>
          </li>
        )}
        <li>
          <span>JVM heap per node</span>
          <span>{config.heap_mb == null ? (config.ec2 != null ? "half of the memory" : "automatic") : `${formatCount(config.heap_mb)} MB`}</span>
        </li>
        <li>
          <span>Lifetime</span>
          <span>{formatDuration(config.lifetime_minutes * 60)}</span>
        </li>
        <li>
          <span>Idle timeout</span>
          <span>{config.idle_minutes == null ? "no limit" : formatDuration(config.idle_minutes * 60)}</span>
        </li>
        <li>
          <span>After run</span>
          <span>{config.remove_after_run ? "terminate" : "keep"}</span>
        </li>
      </ul>
    </section>
  );
}
