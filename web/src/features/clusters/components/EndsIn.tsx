import type { ClusterSummary } from "@/shared/api/types";
import { formatDateTime, formatDuration } from "@/shared/format/time";
import { useNow } from "@/shared/ui/useNow";
import { endOf } from "../clusterEnd";
import { END_WORDS, hasEnded } from "../clusterWords";

/** The countdown to the cluster's automatic termination. */
export function EndsIn({ cluster }: { cluster: Pick<ClusterSummary, "phase" | "ended_ms" | "expires_at_ms" | "idle_ends_at_ms"> }) {
  const now = useNow();
  if (hasEnded(cluster.phase)) {
    return cluster.ended_ms === null ? <span className="text-faint">–</span> : <span className="text-muted">ended {formatDateTime(cluster.ended_ms)}</span>;
  }
  const end = endOf(cluster);
  const left = (end.at_ms - now) / 1000;
  return (
    <span className={left < 300 ? "text-failed" : ""} title={`${formatDateTime(end.at_ms)}, by its ${END_WORDS[end.by]}`}>
      {left <= 0 ? "now" : formatDuration(left)}
      {end.by === "idle" && <span className="text-muted"> (idle)</span>}
    </span>
  );
}
