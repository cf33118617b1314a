/** A cluster's and a node's state in words, icons and tones. */
import type { Cluster, ClusterNode, ClusterPhase, Provider } from "@/shared/api/types";
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

/** On its way to `ready`. */
export function isComingUp(phase: ClusterPhase): boolean {
  return phase === "requested" || phase === "launching" || phase === "preparing";
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

/** Where the nodes come from. */
export function providerWords(provider: Provider): string {
  switch (provider) {
    case "local":
      return "JAC’s own machine";
    case "ssh":
      return "machines over SSH";
  }
}

/** `1 master + 2 workers on JAC’s own machine`, `… on 3 machines over SSH`. */
export function placeWords({ provider, config }: Pick<Cluster, "provider" | "config">): string {
  const size = sizeWords(config.workers);
  return provider === "ssh" ? `${size} on ${plural(config.workers + 1, "machine")} over SSH` : `${size} on ${providerWords(provider)}`;
}

/** What a new cluster comes to, before the button. */
export function sumWords({ provider, config }: Pick<Cluster, "provider" | "config">): string {
  const heap = config.heap_mb == null ? "memory chosen by JAC" : `${formatCount(config.heap_mb)} MB of heap each`;
  const idle = config.idle_minutes == null ? "" : `, or ${formatDuration(config.idle_minutes * 60)} without a run`;
  const after = config.remove_after_run ? ", removed after its run" : "";
  return `${placeWords({ provider, config })}, ${heap}, for at most ${formatDuration(config.lifetime_minutes * 60)}${idle}${after}`;
}

/** What terminating does, where the nodes are. */
export function endWords(provider: Provider): string {
  switch (provider) {
    case "local":
      return "The processes of the master and the workers end and their folders are removed.";
    case "ssh":
      return "Only what JAC put on the machines goes: its processes end, and this cluster’s folder below ~/.jac is removed. The machines themselves stay as they are.";
  }
}

/** The same in a menu's few words. */
export function endHint(provider: Provider): string {
  return provider === "ssh" ? "Takes only JAC’s processes and folder off the hosts. Results stay." : "Ends its processes and removes its folders. Plans and results stay.";
}

/** The machine a node is on, before and after it was reached; hosts are in the order of the nodes. */
export function hostOf(cluster: Cluster, node: ClusterNode): string | null {
  return cluster.config.ssh?.hosts[cluster.nodes.indexOf(node)] ?? null;
}
