/** A list as it was changed from `before` to `typed`, where others have made `now` of it meanwhile: it has what they added and not what they removed. Pure. */
export function mergedList(before: string[], now: string[], typed: string[]): string[] {
  if (JSON.stringify(before) === JSON.stringify(now)) return typed;
  if (JSON.stringify(before) === JSON.stringify(typed)) return now;
  const kept = typed.filter((each) => now.includes(each) || !before.includes(each));
  return [...kept, ...now.filter((each) => !before.includes(each) && !typed.includes(each))];
}
