import { getJson } from "@/shared/api/client";
import type { NodeLog } from "@/shared/api/types";

/** Up to 256 KB of a node's JMeter log from a byte offset. */
export function fetchRunLog(id: string, node: string, from: number, signal: AbortSignal): Promise<NodeLog> {
  return getJson<NodeLog>(`/runs/${id}/logs/${encodeURIComponent(node)}?from=${from}`, signal);
}
