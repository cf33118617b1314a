import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { NodeSeries } from "@/shared/api/types";

/** During the run, snapshots have the nodes' current values; this loads missed ones, and nodes that have become busy. */
const AGAIN_MS = 60_000;

/** The load of the busiest nodes of a run from its start. */
export function useNodeSeries(run: string, live: boolean, asked = true): NodeSeries | undefined {
  return useQuery({
    enabled: asked,
    queryKey: [...keys.nodeSeries(run), live],
    queryFn: ({ signal }) => getJson<NodeSeries>(`/runs/${run}/node-series`, signal),
    ...(live ? { refetchInterval: AGAIN_MS } : { staleTime: Infinity }),
  }).data;
}
