import type { ReactNode } from "react";

export interface HistogramBar {
  key: string;
  /** Words for the bar: `100–200 ms`. */
  label: string;
  value: number;
  bad: number;
  says: string;
}

/** Bars over ranges, drawn with plain SVG: good ones with the part that failed at their foot. */
export function Histogram({ bars, axis }: { bars: HistogramBar[]; axis: (value: number) => ReactNode }) {
  const top = Math.max(1, ...bars.map((bar) => bar.value));
  const every = Math.max(1, Math.ceil(bars.length / 6));
  return (
    <div className="histogram">
      <div className="histogram-axis">
        <span>{axis(top)}</span>
        <span>{axis(top / 2)}</span>
        <span>0</span>
      </div>
      <div className="histogram-plot">
        {bars.map((bar, index) => (
          <div key={bar.key} className="histogram-bar" title={bar.says}>
            <div className="histogram-column">
              <div className="histogram-good" style={{ height: `${((bar.value - bar.bad) / top) * 100}%` }} />
              <div className="histogram-bad" style={{ height: `${(bar.bad / top) * 100}%` }} />
            </div>
            <span className="histogram-label">{index % every === 0 ? bar.label : ""}</span>
          </div>
        ))}
      </div>
    </div>
  );
}
