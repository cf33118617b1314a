/**
 * The page's estimate of the server's clock. Everything shown as elapsed or remaining is measured with it, because the browser's
 * own clock may be wrong by minutes, and may be set while the page is open: between two server times the page uses the time since it
 * was opened, which cannot be set.
 */
let knownAtMs: number | null = null;
/** `performance.now()` at that time. */
let heardAt = 0;

/** A `Date` header has whole seconds and was written before it arrived: smaller differences are ignored. */
const HEADER_MS = 1500;

/** A server time in milliseconds (a snapshot's `at_ms`). */
export function noteServerTime(atMs: number): void {
  knownAtMs = atMs;
  heardAt = performance.now();
}

/** The `Date` header, accurate to a second: the first one is used, later ones only if the estimate is wrong (after the computer slept). */
export function noteDateHeader(value: string | null): void {
  const atMs = value === null ? Number.NaN : Date.parse(value) + 500;
  if (Number.isNaN(atMs) || Math.abs(atMs - serverNow()) <= HEADER_MS) return;
  noteServerTime(atMs);
}

export function serverNow(): number {
  return knownAtMs === null ? Date.now() : knownAtMs + (performance.now() - heardAt);
}
