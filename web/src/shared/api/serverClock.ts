/**
 * The server's clock as far as this page knows it. Everything shown as elapsed or remaining is measured with it,
 * because the browser's own clock may be wrong by minutes.
 */
let offsetMs = 0;
let exact = false;

/** A moment that the server named in milliseconds (a snapshot's `at_ms`). */
export function noteServerTime(atMs: number): void {
  offsetMs = atMs - Date.now();
  exact = true;
}

/** The `Date` header, good to a second; ignored once something exact was heard. */
export function noteDateHeader(value: string | null): void {
  if (exact || value === null) return;
  const atMs = Date.parse(value);
  if (Number.isNaN(atMs)) return;
  const offset = atMs + 500 - Date.now();
  offsetMs = Math.abs(offset) < 1500 ? 0 : offset;
}

export function serverNow(): number {
  return Date.now() + offsetMs;
}
