/**
 * The server's clock as far as this page knows it. Everything shown as elapsed or remaining is measured with it, because the browser's
 * own clock may be wrong by minutes, and may be set while the page is open: between what the server says, the time since the page was
 * opened continues, which nobody sets.
 */
let knownAtMs: number | null = null;
/** `performance.now()` when it was. */
let heardAt = 0;

/** A `Date` header has whole seconds and was written before it arrived: smaller differences are ignored. */
const HEADER_MS = 1500;

/** A moment that the server named in milliseconds (a snapshot's `at_ms`). */
export function noteServerTime(atMs: number): void {
  knownAtMs = atMs;
  heardAt = performance.now();
}

/** The `Date` header, good to a second: the first one is taken, later ones only where the clock has gone wrong (a computer that slept). */
export function noteDateHeader(value: string | null): void {
  const atMs = value === null ? Number.NaN : Date.parse(value) + 500;
  if (Number.isNaN(atMs) || Math.abs(atMs - serverNow()) <= HEADER_MS) return;
  noteServerTime(atMs);
}

export function serverNow(): number {
  return knownAtMs === null ? Date.now() : knownAtMs + (performance.now() - heardAt);
}
