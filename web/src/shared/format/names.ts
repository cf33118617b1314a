/** Minimum length of the part that may be shortened: of a shorter name, the end would be nearly all. */
const START = 10;
/** Length of the end that is always kept. */
const END = 8;

/** Splits a text into a start that may be shortened and an end of this many letters that is always shown. Pure. */
export function middleCut(text: string, end = END): [start: string, end: string] {
  const letters = Array.from(text);
  return letters.length < START + end ? [text, ""] : [letters.slice(0, -end).join(""), letters.slice(-end).join("")];
}
