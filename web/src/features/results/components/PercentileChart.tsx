import { useMemo, useState } from "react";
import { XyChart } from "@/shared/charts/XyChart";
import { formatExactPercent, formatMs } from "@/shared/format/numbers";
import { curvePercents, percentileCurves, type Spread } from "../spread";

/** Percentile curves: of the total, of labels, or of several results. */
export function PercentileChart({ id, shown, empty = "No samples." }: { id: string; shown: Spread[]; empty?: string }) {
  const [tail, setTail] = useState(false);
  const content = useMemo(() => percentileCurves(shown, tail), [shown, tail]);
  const percents = useMemo(() => curvePercents(shown), [shown]);
  return (
    <XyChart
      id={id}
      title="Response time percentiles"
      unit="cumulative"
      content={content}
      axis="Percent of samples"
      format={formatMs}
      formatX={formatExactPercent}
      places={percents}
      empty={empty}
      logarithmic="offered"
      choices={
        <button type="button" className="btn btn-quiet" aria-pressed={tail} title="Expand the slowest samples" onClick={() => setTail(!tail)}>
          tail
        </button>
      }
    />
  );
}
