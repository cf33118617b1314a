/** A cluster's and a node's state in words, icons and tones. */
import type { Cluster, ClusterConfig, ClusterNode, ClusterPhase } from "@/shared/api/types";
import { formatCount, plural } from "@/shared/format/numbers";
import { formatDuration } from "@/shared/format/time";
import type { ChipLook } from "@/shared/ui/Chip";

/** Nothing is on its way: what is shown changes only by a person, a run or time. */
export function isSettled(phase: ClusterPhase): boolean {
  return phase === "ready" || phase === "terminated" || phase === "failed";
}

export function hasEnded(phase: ClusterPhase): boolean {
  return phase === "terminated" || phase === "failed" || phase === "terminating";
}

/** A run can be started: ready, whole, and nobody runs on it. */
export function canRun(cluster: Cluster): boolean {
  return cluster.phase === "ready" && cluster.lost_nodes.length === 0 && cluster.current_run === null;
}

export function clusterChip(cluster: Cluster): ChipLook {
  switch (cluster.phase) {
    case "requested":
    case "launching":
    case "preparing":
      return { tone: "running", word: cluster.phase, icon: "hourglass" };
    case "ready":
      if (cluster.lost_nodes.length > 0) return { tone: "attention", word: "degraded", icon: "exclamation-triangle" };
      return cluster.current_run === null ? { tone: "good", word: "ready", icon: "check-circle" } : { tone: "running", word: "running a test", icon: "play" };
    case "terminating":
      return { tone: "attention", word: "terminating", icon: "hourglass" };
    case "terminated":
      return { tone: "ended", word: "terminated", icon: "dash-circle" };
    case "failed":
      return { tone: "failed", word: "failed", icon: "x-circle" };
  }
}

export function nodeChip(node: ClusterNode): ChipLook {
  switch (node.state) {
    case "requested":
      return { tone: "running", word: "requested", icon: "hourglass" };
    case "running":
      return { tone: "good", word: "running", icon: "check-circle" };
    case "lost":
      return { tone: "failed", word: "lost", icon: "x-circle" };
    case "terminated":
      return { tone: "ended", word: "terminated", icon: "dash-circle" };
  }
}

/** `1 master + 2 workers`, or the master alone. */
export function sizeWords(workers: number): string {
  return workers === 0 ? "1 master that runs the plan alone" : `1 master + ${plural(workers, "worker")}`;
}

/** What a configuration comes to, before the button: `1 master + 2 workers on this machine, for at most 2 h`. */
export function sumWords(config: ClusterConfig): string {
  const heap = config.heap_mb === null ? "memory chosen by JAC" : `${formatCount(config.heap_mb)} MB of heap each`;
  const idle = config.idle_minutes == null ? "" : `, or ${formatDuration(config.idle_minutes * 60)} without a run`;
  const after = config.remove_after_run ? ", removed after its run" : "";
  return `${sizeWords(config.workers)} on this machine, ${heap}, for at most ${formatDuration(config.lifetime_minutes * 60)}${idle}${after}`;
}
