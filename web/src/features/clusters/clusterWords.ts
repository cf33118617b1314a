/** A cluster's and a node's state as text, icon and colour. */
import type { Cluster, ClusterConfig, ClusterNode, ClusterPhase, ClusterSummary, Provider } from "@/shared/api/types";
import { costOver, formatUsd } from "@/shared/format/money";
import { formatCount, plural } from "@/shared/format/numbers";
import { formatDuration } from "@/shared/format/time";
import type { ChipLook } from "@/shared/ui/Chip";

/** Nothing is in progress: what is shown changes only by a user's action, a run or time. */
export function isSettled(phase: ClusterPhase): boolean {
  return phase === "ready" || phase === "terminated" || phase === "failed";
}

export function hasEnded(phase: ClusterPhase): boolean {
  return phase === "terminated" || phase === "failed" || phase === "terminating";
}

/** What terminates a cluster automatically. */
export const END_WORDS = { lifetime: "lifetime", idle: "idle timeout" } as const;

/** Not ready yet. */
export function isComingUp(phase: ClusterPhase): boolean {
  return phase === "requested" || phase === "launching" || phase === "preparing";
}

/** The text for its state, in a list and on its own page. */
type Seen = Pick<ClusterSummary, "phase" | "lost_nodes" | "current_run">;

/** Including whether another run may follow. */
type Used = Seen & Pick<ClusterSummary, "remove_after_run">;

/** Including the reason for its end. */
type Ended = Seen & Pick<ClusterSummary, "ready_ms" | "cause">;

/** Of a reason that was written down before reasons had codes. */
const UNCODED = "uncoded";

/** Not a failure: it was terminated before it was ready. */
const ON_REQUEST = new Set(["terminated_by", "owner_removed", "command_gone", "run_not_started", "run_ended"]);

/** A run can be started immediately: the cluster is ready and complete, and has no active run. */
export function canRun(cluster: Seen): boolean {
  return cluster.phase === "ready" && cluster.lost_nodes.length === 0 && cluster.current_run === null;
}

/** A run can be started and waits for the one that uses the cluster. */
export function canQueue(cluster: Used): boolean {
  return takesRuns(cluster) && cluster.current_run !== null;
}

/** A run can be started and waits until the cluster is ready. */
export function isAwaited(cluster: Used): boolean {
  return takesRuns(cluster) && cluster.current_run === null && cluster.phase !== "ready";
}

/** The server accepts runs for it, whether they start immediately or wait. */
export function takesRuns(cluster: Used): boolean {
  return whyNoRuns(cluster) === undefined;
}

/** Why the server rejects runs for it; undefined: it accepts them. */
export function whyNoRuns(cluster: Used): string | undefined {
  if (hasEnded(cluster.phase)) return "The cluster has ended.";
  if (cluster.lost_nodes.length > 0) return "The cluster has lost nodes.";
  return cluster.remove_after_run && cluster.current_run !== null ? "The cluster is terminated after its current run." : undefined;
}

export function clusterChip(cluster: Ended): ChipLook {
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
      if (launchFailed(cluster)) return { tone: "failed", word: "launch failed", icon: "x-circle" };
      if (cluster.ready_ms === null && cluster.cause?.code === UNCODED) return { tone: "attention", word: "never ready", icon: "exclamation-triangle" };
      return { tone: "ended", word: "terminated", icon: "dash-circle" };
    case "failed":
      return { tone: "failed", word: "failed", icon: "x-circle" };
  }
}

/** It never became ready, and its termination was not requested. */
export function launchFailed({ ready_ms, cause }: Pick<Ended, "ready_ms" | "cause">): boolean {
  return ready_ms === null && cause !== null && cause.code !== UNCODED && !ON_REQUEST.has(cause.code);
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

export function sizeWords(workers: number): string {
  return workers === 0 ? "1 master, no workers" : `1 master + ${plural(workers, "worker")}`;
}

/** Number of workers: fewer than requested if some failed to launch, within the tolerance. */
export function workersOf(cluster: Pick<Cluster, "nodes" | "config">): number {
  return cluster.nodes.length === 0 ? cluster.config.workers : cluster.nodes.filter((node) => node.role === "worker").length;
}

/** Where the nodes come from. */
export function providerWords(provider: Provider): string {
  switch (provider) {
    case "local":
      return "local processes";
    case "ssh":
      return "machines over SSH";
    case "ec2":
      return "Amazon EC2";
    case "imported":
      return "imported logs";
  }
}

/** `1 master + 2 workers as local processes`, `… on 3 machines over SSH`, `… on Amazon EC2 in eu-central-1`. */
export function placeWords({ provider, config }: Pick<Cluster, "provider" | "config">, workers = config.workers): string {
  const size = sizeWords(workers);
  if (provider === "ssh") return `${size} on ${plural(workers + 1, "machine")} over SSH`;
  const region = provider === "ec2" && config.ec2?.region != null ? ` in ${config.ec2.region}` : "";
  return provider === "local" ? `${size} as local processes` : `${size} on ${providerWords(provider)}${region}`;
}

/** The instance type of a node; null if nodes have none. With fallback types it may be another: the node's detail has the actual one. */
export function typeOf({ config }: Pick<Cluster, "config">, node: Pick<ClusterNode, "role">): string | null {
  if (config.ec2 == null) return null;
  if (node.role === "master") return config.ec2.master_type;
  return config.ec2.fallback_worker_types.length === 0 ? config.ec2.worker_type : `${config.ec2.worker_type} or a fallback type`;
}

/** The maximum cost from the price per hour and the cluster's maximum lifetime; a sentence. */
export function priceWords(usdPerHour: number | null, config: Pick<ClusterConfig, "lifetime_minutes">): string {
  if (usdPerHour === null) return "Cost unknown.";
  const most = formatUsd(costOver(usdPerHour, config.lifetime_minutes * 60));
  return `About ${formatUsd(usdPerHour)} an hour, max ${most} in ${formatDuration(config.lifetime_minutes * 60)} (estimate, machines only).`;
}

/** A summary of a new cluster, above the button. */
export function sumWords({ provider, config }: Pick<Cluster, "provider" | "config">): string {
  const heap = config.heap_mb == null ? (provider === "ec2" ? "heap: half of the memory" : "automatic heap") : `${formatCount(config.heap_mb)} MB heap per node`;
  const idle = config.idle_minutes == null ? "" : `, idle timeout ${formatDuration(config.idle_minutes * 60)}`;
  const after = config.remove_after_run ? ", terminated after the run" : "";
  const spot = config.ec2?.spot === true ? " (spot)" : "";
  return `${placeWords({ provider, config })}${spot}, ${heap}, max ${formatDuration(config.lifetime_minutes * 60)}${idle}${after}`;
}

/** What terminating does, by provider. */
export function endWords(provider: Provider): string {
  switch (provider) {
    case "local":
      return "Ends the processes of the master and the workers and removes their folders.";
    case "ssh":
      return "Ends JAC’s processes on the machines and removes this cluster’s folder below ~/.jac. The machines themselves stay as they are.";
    // No cluster has this provider.
    case "imported":
      return "";
    case "ec2":
      return "Terminates the machines with their disks and deletes the security group that JAC created. No further cost.";
  }
}

/** The same in short, for a menu. */
export function endHint(provider: Provider): string {
  switch (provider) {
    case "local":
      return "Ends its processes and removes its folders. Plans and results are kept.";
    case "ssh":
      return "Removes only JAC’s processes and folder from the hosts. Results are kept.";
    case "imported":
      return "";
    case "ec2":
      return "Terminates its machines with their disks. Plans and results are kept.";
  }
}

/** The machine of a node, before and after it was reached; hosts are in the order of the nodes. */
export function hostOf(cluster: Cluster, node: ClusterNode): string | null {
  return cluster.config.ssh?.hosts[cluster.nodes.indexOf(node)] ?? null;
}
