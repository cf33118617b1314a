/** The buckets of a chart over time. Pure. */

/** A log whose times are further apart is not drawn bucket by bucket. */
const MOST_BUCKETS = 20_000;

/** Samples of a worker whose clock is slow arrive with earlier times; a gap of this length has another reason. */
const STALL_MS = 10_000;

/**
 * Every bucket from the first to the last with data, and during the test also those of a silence until now: the server
 * leaves out buckets without samples, but the test ran in them and its rates were zero. Ascending, without duplicates.
 */
export function timeGrid(times: Iterable<number>, bucketMs: number, settledUntilMs: number | null): number[] {
  const all = new Set(times);
  const sorted = [...all].sort((a, b) => a - b);
  const first = sorted[0];
  const newest = sorted.at(-1);
  if (first === undefined || newest === undefined || bucketMs <= 0) return [];
  const stalled = settledUntilMs !== null && settledUntilMs - (newest + bucketMs) > STALL_MS;
  const last = stalled ? settledUntilMs - bucketMs : newest;
  if ((last - first) / bucketMs > MOST_BUCKETS) return sorted;
  for (let time = first; time <= last; time += bucketMs) all.add(time);
  return [...all].sort((a, b) => a - b);
}
