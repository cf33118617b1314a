/** The compared runs in the URL: `runs=BASE,OTHER,…`. Pure. */
export const MOST_RUNS = 5;

export function readRuns(text: string | null): string[] {
  return [
    ...new Set(
      (text ?? "")
        .split(",")
        .map((id) => id.trim())
        .filter((id) => id !== ""),
    ),
  ].slice(0, MOST_RUNS);
}

export function writeRuns(ids: string[]): string {
  return ids.join(",");
}

/** The same runs with this one as the baseline. */
export function withBase(ids: string[], base: string): string[] {
  return ids.includes(base) ? [base, ...ids.filter((id) => id !== base)] : ids;
}
