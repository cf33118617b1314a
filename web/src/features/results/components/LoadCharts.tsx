import { useMemo } from "react";
import type { CodeSeries } from "@/shared/api/types";
import { TimeChart } from "@/shared/charts/TimeChart";
import { formatRate } from "@/shared/format/numbers";
import { codesPerSecond, totalRates } from "../loadSeries";
import { useDrawing, type ChartView } from "../useDrawing";

/** Both charts are of all labels together, even while labels are selected, and say so then. */
const unitOf = (unit: string, perLabel: boolean) => (perLabel ? `${unit}, all labels together` : unit);

/** Samples by response code, for live and finished runs. */
export function CodesChart({ view, codes }: { view: ChartView; codes: CodeSeries[] }) {
  const { frame, colourOf, perLabel } = useDrawing(view);
  const content = useMemo(() => codesPerSecond(codes, frame, colourOf), [codes, frame, colourOf]);
  return <TimeChart id="codes" title="Response codes" unit={unitOf("samples per second", perLabel)} content={content} format={formatRate} logarithmic="offered" stale={view.stale === true} />;
}

/** The samples that passed and those that failed. */
export function OutcomeChart({ view }: { view: ChartView }) {
  const { frame, colours, perLabel } = useDrawing(view);
  const content = useMemo(() => totalRates(view.points, frame, colours), [view.points, frame, colours]);
  return <TimeChart id="total-transactions" title="Passed and failed" unit={unitOf("samples completed per second", perLabel)} content={content} format={formatRate} stale={view.stale === true} />;
}
