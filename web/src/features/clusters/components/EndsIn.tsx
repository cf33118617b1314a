import type { Cluster } from "@/shared/api/types";
import { formatDateTime, formatDuration } from "@/shared/format/time";
import { useNow } from "@/shared/ui/useNow";
import { hasEnded } from "../clusterWords";

/** The countdown to whatever ends the cluster first. */
export function EndsIn({ cluster }: { cluster: Cluster }) {
  const now = useNow();
  if (hasEnded(cluster.phase)) {
    return cluster.ended_ms === null ? <span className="text-faint">–</span> : <span className="text-muted">ended {formatDateTime(cluster.ended_ms)}</span>;
  }
  const idle = cluster.idle_ends_at_ms !== null && cluster.idle_ends_at_ms < cluster.expires_at_ms;
  const end = idle ? (cluster.idle_ends_at_ms ?? cluster.expires_at_ms) : cluster.expires_at_ms;
  const left = (end - now) / 1000;
  return (
    <span className={left < 300 ? "text-failed" : ""} title={`${formatDateTime(end)}${idle ? ", because it is idle" : ""}`}>
      {left <= 0 ? "now" : formatDuration(left)}
      {idle && <span className="text-muted"> idle</span>}
    </span>
  );
}
