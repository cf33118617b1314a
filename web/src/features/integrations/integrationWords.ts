/** Text about targets and deliveries. Pure. */
import type { ExporterKind, ExporterView, NotifierKind, NotifierView } from "@/shared/api/types";
import { formatCount } from "@/shared/format/numbers";
import type { ChipLook } from "@/shared/ui/Chip";

const KINDS: Record<NotifierKind | ExporterKind, string> = {
  webhook: "Webhook",
  slack: "Slack",
  teams: "Microsoft Teams",
  mail: "Mail",
  otlp: "OpenTelemetry (OTLP)",
  influxdb: "InfluxDB",
};

export function kindWord(kind: NotifierKind | ExporterKind): string {
  return KINDS[kind];
}

/** The runs that a target is notified of. */
export function selectionWords({ runs, plans }: Pick<NotifierView, "runs" | "plans">): string {
  const which = runs === "failed" ? "Runs that fail or do not meet their criteria" : "All runs";
  return plans.length === 0 ? which : `${which} of ${plans.join(", ")}`;
}

/** The state of a metrics target. */
export function exporterChip({ trouble, sent }: Pick<ExporterView, "trouble" | "sent">): ChipLook {
  if (trouble !== null) return { tone: "attention", word: "failing", icon: "exclamation-triangle" };
  return sent > 0 ? { tone: "good", word: "sending", icon: "check-circle" } : { tone: "ended", word: "nothing sent yet", icon: "dash-circle" };
}

/** The number of points sent and dropped since the server's start. */
export function exporterFigures({ sent, dropped, refused_values, waiting }: Pick<ExporterView, "sent" | "dropped" | "refused_values" | "waiting">): string {
  const parts = [`${formatCount(sent)} points sent`];
  if (waiting > 0) parts.push(`${formatCount(waiting)} waiting`);
  if (dropped > 0) parts.push(`${formatCount(dropped)} dropped`);
  if (refused_values > 0) parts.push(`${formatCount(refused_values)} values refused`);
  return parts.join(" · ");
}
