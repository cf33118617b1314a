/** A zoomed range as the URL has it: `FROM-TO`, whole milliseconds since the epoch (or since the start). */
export function parseRange(text: string | null): [number, number] | null {
  const match = /^(\d{1,15})-(\d{1,15})$/.exec(text ?? "");
  if (match === null) return null;
  const range: [number, number] = [Number(match[1]), Number(match[2])];
  return range[0] < range[1] ? range : null;
}

export function writeRange([from, to]: [number, number]): string {
  const start = Math.max(0, Math.floor(from));
  return `${start}-${Math.max(start + 1, Math.ceil(to))}`;
}
