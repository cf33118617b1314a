/**
 * Turns points into uPlot's columns. A bucket without samples is missing in the points; here it becomes a row of nulls, so that no line
 * is drawn over it. The newest buckets of a running test are incomplete; their part of each line is a separate column.
 */
export interface TimeSeries {
  key: string;
  label: string;
  values: (number | null)[];
}

export interface Columns {
  /** Seconds since the epoch or since the start, as uPlot needs them. */
  x: number[];
  /** Row of the input for each row here; -1 for a gap. */
  source: number[];
  /** First incomplete row; `x.length` if there is none. */
  fillingFrom: number;
}

/** The rows, with one added after each point whose successor is not the next bucket. */
export function timeColumns(times: number[], bucketMs: number, settledUntilMs: number | null): Columns {
  const x: number[] = [];
  const source: number[] = [];
  let fillingFrom = -1;
  times.forEach((t, index) => {
    const before = times[index - 1];
    if (before !== undefined && t - before > bucketMs * 1.5) {
      x.push((before + bucketMs) / 1000);
      source.push(-1);
    }
    if (fillingFrom < 0 && settledUntilMs !== null && t + bucketMs > settledUntilMs) fillingFrom = x.length;
    x.push(t / 1000);
    source.push(index);
  });
  return { x, source, fillingFrom: fillingFrom < 0 ? x.length : fillingFrom };
}

export function pick(values: (number | null)[], columns: Columns): (number | null)[] {
  return columns.source.map((index) => (index < 0 ? null : (values[index] ?? null)));
}

/**
 * The settled and the incomplete part. The parts of a line share the row where they meet, so that the line continues; bars share none,
 * because one would be drawn over the other.
 */
export function splitFilling(values: (number | null)[], fillingFrom: number, meet: "share" | "apart"): [(number | null)[], (number | null)[]] {
  const first = meet === "share" && fillingFrom < values.length ? fillingFrom - 1 : fillingFrom;
  return [values.map((value, row) => (row < fillingFrom ? value : null)), values.map((value, row) => (row >= first ? value : null))];
}

/** Rows with a value and no adjacent one: a line cannot show them, so they are drawn as dots. */
export function isolatedRows(values: ArrayLike<number | null | undefined>): number[] {
  const rows: number[] = [];
  for (let row = 0; row < values.length; row += 1) {
    if (values[row] == null) continue;
    if (values[row - 1] == null && values[row + 1] == null) rows.push(row);
  }
  return rows;
}

/** The upper end of an axis from zero, with a small margin. */
export function zeroBasedRange(max: number | null): [number, number] {
  if (max === null || !(max > 0)) return [0, 1];
  return [0, max * 1.08];
}
