/** Shorter names are truncated at their end, because the end part would be the whole name. */
const LEAST = 18;
/** Length of the end that is always kept. */
const END = 8;

/** Splits a name into the part that may be shortened and the end that stays. Pure. */
export function middleCut(text: string): [start: string, end: string] {
  const letters = Array.from(text);
  return letters.length < LEAST ? [text, ""] : [letters.slice(0, -END).join(""), letters.slice(-END).join("")];
}
