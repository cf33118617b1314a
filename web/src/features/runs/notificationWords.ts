/** How far a notification of a run is, in the page's words. Pure. */
import type { Delivery } from "@/shared/api/types";
import { formatDateTime } from "@/shared/format/time";

/** What was tried so far; null where the chip says it all. */
export function notificationFigures({ state, attempts, next_ms }: Pick<Delivery, "state" | "attempts" | "next_ms">): string | null {
  if (attempts === 0 || (state === "delivered" && attempts === 1)) return null;
  const tries = attempts === 1 ? "1 try" : `${attempts} tries`;
  return next_ms === null ? tries : `${tries} · next at ${formatDateTime(next_ms)}`;
}
