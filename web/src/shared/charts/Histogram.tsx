import type { ReactNode } from "react";
import { niceTop } from "./niceTop";

export interface HistogramBar {
  key: string;
  value: number;
  bad: number;
  says: string;
}

interface Props {
  /** Adjacent bars of equal width, including empty ones. */
  bars: HistogramBar[];
  /** One more bar, separate from the others: values beyond the axis. */
  beyond: (HistogramBar & { name: string }) | null;
  /** Labels below the bars; `at` is their position between 0, the first bar's start, and 1, the last one's end. */
  ticks: { at: number; text: string }[];
  axis: (value: number) => ReactNode;
}

/** Bars over a linear axis, made of HTML elements: passed samples, with the failed ones at the bottom. */
export function Histogram({ bars, beyond, ticks, axis }: Props) {
  const top = niceTop(Math.max(1, ...bars.map((bar) => bar.value), beyond?.value ?? 0));
  return (
    <div className="histogram">
      <div className="histogram-axis">
        <span>{axis(top)}</span>
        {top % 2 === 0 && <span>{axis(top / 2)}</span>}
        <span>0</span>
      </div>
      <div className="histogram-plot">
        <div className="histogram-bars">
          {bars.map((bar) => (
            <Bar key={bar.key} bar={bar} top={top} />
          ))}
        </div>
        <div className="histogram-ticks">
          {ticks.map(({ at, text }) => (
            <span key={at} style={{ left: `${at * 100}%` }} className={at > 0.94 ? "histogram-tick-last" : undefined}>
              {text}
            </span>
          ))}
        </div>
      </div>
      {beyond !== null && (
        <div className="histogram-beyond">
          <div className="histogram-bars">
            <Bar bar={beyond} top={top} />
          </div>
          <div className="histogram-ticks">{beyond.name}</div>
        </div>
      )}
    </div>
  );
}

function Bar({ bar, top }: { bar: HistogramBar; top: number }) {
  return (
    <div className="histogram-column" title={bar.says}>
      <div className="histogram-good" style={{ height: `${((bar.value - bar.bad) / top) * 100}%` }} />
      <div className="histogram-bad" style={{ height: `${(bar.bad / top) * 100}%` }} />
    </div>
  );
}
