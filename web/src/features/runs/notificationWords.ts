/** The state of a run's notification as text. Pure. */
import type { Delivery } from "@/shared/api/types";
import { formatDateTime } from "@/shared/format/time";

/** The attempts so far; null if the chip says everything. */
export function notificationFigures({ state, attempts, next_ms }: Pick<Delivery, "state" | "attempts" | "next_ms">): string | null {
  if (attempts === 0 || (state === "delivered" && attempts === 1)) return null;
  const tries = attempts === 1 ? "1 try" : `${attempts} tries`;
  return next_ms === null ? tries : `${tries} · next at ${formatDateTime(next_ms)}`;
}
