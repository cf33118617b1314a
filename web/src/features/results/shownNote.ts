/** What the charts below show. */
export function shownNote(chosen: string[]): string | undefined {
  if (chosen.length === 0) return undefined;
  return chosen.length === 1 ? "Showing 1 label" : `Showing ${chosen.length} labels`;
}
