/** When a cluster terminates automatically: at the end of its lifetime, or earlier by its idle timeout. Pure. */
import type { Cluster } from "@/shared/api/types";

type Limits = Pick<Cluster, "expires_at_ms" | "idle_ends_at_ms">;

export interface ClusterEnd {
  at_ms: number;
  by: "lifetime" | "idle";
}

export function endOf({ expires_at_ms, idle_ends_at_ms }: Limits): ClusterEnd {
  return idle_ends_at_ms !== null && idle_ends_at_ms < expires_at_ms ? { at_ms: idle_ends_at_ms, by: "idle" } : { at_ms: expires_at_ms, by: "lifetime" };
}

/** The requested end of an extension: the current end plus this many minutes. */
export function extendedEnd(limits: Limits, minutes: number): number {
  return endOf(limits).at_ms + minutes * 60_000;
}

export interface Extension {
  /** The requested end. */
  requested_ms: number;
  end: ClusterEnd;
  /** The cluster exists at least until the requested end. */
  kept: boolean;
}

/** The result of an extension, from the cluster's current state on the server. */
export function extensionOf(requested_ms: number, limits: Limits): Extension {
  const end = endOf(limits);
  return { requested_ms, end, kept: end.at_ms >= requested_ms };
}
