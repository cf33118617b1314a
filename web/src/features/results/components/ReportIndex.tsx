import type { ReactNode } from "react";
import { TimelineBar } from "@/shared/charts/TimelineBar";
import { PageIndex, type PageSection } from "@/shared/ui/PageIndex";
import type { ChosenLabels } from "../useChosenLabels";
import { LabelPicker } from "./LabelPicker";

const SECTIONS: PageSection[] = [
  { id: "charts", name: "Charts" },
  { id: "labels", name: "Labels" },
  { id: "over-time", name: "Over time" },
  { id: "throughput-charts", name: "Throughput" },
  { id: "response-times-charts", name: "Response times" },
  { id: "errors", name: "Errors" },
];

/** The bar at the top of the report: its sections, the time range of the charts, and the labels they show. */
export function ReportIndex({ labels, names, all, more, cut }: { labels: ChosenLabels; names: string[]; all: string[]; more: PageSection[]; cut: ReactNode }) {
  return (
    <div className="report-index no-print">
      <PageIndex sections={[...SECTIONS, ...more]} />
      <TimelineBar live={false}>{cut}</TimelineBar>
      {names.length > 0 && <LabelPicker labels={labels} names={names} all={all} />}
    </div>
  );
}
