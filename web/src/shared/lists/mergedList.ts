/** Merges an edit of a list from `before` to `typed` with the current list `now`: keeps what others added meanwhile, and leaves out what they removed. Pure. */
export function mergedList(before: string[], now: string[], typed: string[]): string[] {
  if (JSON.stringify(before) === JSON.stringify(now)) return typed;
  if (JSON.stringify(before) === JSON.stringify(typed)) return now;
  const kept = typed.filter((each) => now.includes(each) || !before.includes(each));
  return [...kept, ...now.filter((each) => !before.includes(each) && !typed.includes(each))];
}
