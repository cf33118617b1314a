/** The state of a shipment as text. Pure. */
import type { Shipment } from "@/shared/api/types";
import { formatBytes, formatCount } from "@/shared/format/numbers";
import { formatDuration } from "@/shared/format/time";
import type { ChipLook } from "@/shared/ui/Chip";

/** null: the run has not been shipped to that target. */
export function shipmentChip(shipment: Shipment | null): ChipLook {
  if (shipment === null) return { tone: "ended", word: "not shipped", icon: "dash-circle" };
  if (shipment.state === "shipping" && shipment.target_info === null) return { tone: "attention", word: "target removed", icon: "exclamation-triangle" };
  switch (shipment.state) {
    case "shipping":
      return shipment.trouble === null ? { tone: "running", word: "shipping", icon: "arrow-clockwise" } : { tone: "attention", word: "waiting", icon: "hourglass" };
    case "complete":
      return { tone: "good", word: "complete", icon: "check-circle" };
    case "incomplete":
      return { tone: "attention", word: "incomplete", icon: "exclamation-triangle" };
    case "delivered":
      return { tone: "good", word: "delivered", icon: "check-circle" };
  }
}

/** Number of rows and documents, and the lag. */
export function shipmentFigures(shipment: Shipment): string {
  const { rows, counted, refused, state, waiting_bytes, delay_ms } = shipment;
  const parts = [`${formatCount(rows)} rows`];
  if (counted !== null) parts.push(`${formatCount(counted)} documents counted`);
  if (refused > 0) parts.push(`${formatCount(refused)} rejected`);
  if (state === "shipping" && waiting_bytes !== null) parts.push(`${formatBytes(waiting_bytes)} of the log remaining`);
  if (state === "shipping" && delay_ms !== null && delay_ms < LIVE_MS) parts.push(`${formatDuration(delay_ms / 1000)} behind`);
  return parts.join(" · ");
}

/** Beyond this the samples are of a run that had ended when its shipping started. */
const LIVE_MS = 3_600_000;
