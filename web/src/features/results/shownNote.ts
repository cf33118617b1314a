/** What the charts below show. */
export function shownNote(chosen: string[]): string | undefined {
  if (chosen.length === 0) return undefined;
  return chosen.length === 1 ? "one label in place of the total" : `${chosen.length} labels in place of the total`;
}
