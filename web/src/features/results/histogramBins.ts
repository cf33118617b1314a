/** A distribution on a linear axis, including its empty bins. Pure. */
import type { DistributionBin } from "@/shared/api/types";

export interface HistogramBins {
  /** Adjacent bins of equal width, from the start of the axis to its end. */
  bins: DistributionBin[];
  /** All samples that took longer; null if there is no such bin. */
  longer: DistributionBin | null;
}

/** With fewer bins the bars would be too wide. */
const LEAST_BINS = 12;

/**
 * The server sends the bins that have samples: of equal width, except possibly a wider last one for all longer times. The axis starts
 * at zero unless more than half of it would be empty before the first bin.
 */
export function histogramBins(sent: DistributionBin[]): HistogramBins {
  const [first] = sent;
  if (first === undefined) return { bins: [], longer: null };
  const width = first.to_ms - first.from_ms;
  const last = sent.at(-1);
  const longer = last !== undefined && last.to_ms - last.from_ms !== width ? last : null;
  const even = longer === null ? sent : sent.slice(0, -1);
  const end = longer?.from_ms ?? even.at(-1)?.to_ms ?? 0;
  const start = first.from_ms > end / 2 ? first.from_ms : 0;
  const at = new Map(even.map((bin) => [bin.from_ms, bin]));
  const count = Math.max(LEAST_BINS, Math.round((end - start) / width));
  const bins = Array.from({ length: longer === null ? count : Math.round((end - start) / width) }, (_, index) => {
    const from_ms = start + index * width;
    return at.get(from_ms) ?? { from_ms, to_ms: from_ms + width, samples: 0, errors: 0 };
  });
  return { bins, longer };
}

/** Round positions for axis labels, at most `most` and the first at or after `from`. */
export function axisTicks(from: number, to: number, most: number): number[] {
  const least = (to - from) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1e-9)));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= least) ?? 10 * power;
  const ticks: number[] = [];
  for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) ticks.push(tick);
  return ticks;
}
