/** When a cluster ends by itself: its lifetime, or the idle timeout where that is over sooner. Pure. */
import type { Cluster } from "@/shared/api/types";

type Limits = Pick<Cluster, "expires_at_ms" | "idle_ends_at_ms">;

export interface ClusterEnd {
  at_ms: number;
  by: "lifetime" | "idle";
}

export function endOf({ expires_at_ms, idle_ends_at_ms }: Limits): ClusterEnd {
  return idle_ends_at_ms !== null && idle_ends_at_ms < expires_at_ms ? { at_ms: idle_ends_at_ms, by: "idle" } : { at_ms: expires_at_ms, by: "lifetime" };
}

/** The end that an extension is to bring: the one that counts now, later by so many minutes. */
export function extendedEnd(limits: Limits, minutes: number): number {
  return endOf(limits).at_ms + minutes * 60_000;
}

export interface Extension {
  /** The end that was promised. */
  requested_ms: number;
  end: ClusterEnd;
  /** It lives at least as long as was promised. */
  kept: boolean;
}

/** What an extension came to, by the cluster as the server has it now. */
export function extensionOf(requested_ms: number, limits: Limits): Extension {
  const end = endOf(limits);
  return { requested_ms, end, kept: end.at_ms >= requested_ms };
}
