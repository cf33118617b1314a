/** Limits what the overview shows, so that no list pushes the next one far down; links lead to the complete lists. Pure. */
import { hasEnded } from "@/features/clusters/clusterWords";
import type { ClusterSummary, RunPhase, RunSummary } from "@/shared/api/types";

export const MOST_CLUSTERS = 8;
export const MOST_UNDER_WAY = 8;

/** Clusters with active runs first, then ready ones, then terminating ones; newest first among equals. */
export function clustersShown(clusters: ClusterSummary[]): ClusterSummary[] {
  return [...clusters].sort((one, other) => clusterRank(one) - clusterRank(other) || other.created_ms - one.created_ms).slice(0, MOST_CLUSTERS);
}

function clusterRank({ phase, current_run }: ClusterSummary): number {
  if (hasEnded(phase)) return 2;
  return current_run === null ? 1 : 0;
}

const UNDER_WAY: Partial<Record<RunPhase, number>> = { running: 0, collecting: 1, preparing: 2, queued: 3 };

/** Unfinished runs: running first, queued last; newest first among equals. */
export function underWay(runs: RunSummary[]): RunSummary[] {
  const rank = ({ phase }: RunSummary) => UNDER_WAY[phase] ?? 4;
  return runs.filter(({ phase }) => phase !== "finished").sort((one, other) => rank(one) - rank(other) || other.created_ms - one.created_ms);
}
