/** Shorter names are cut at their end, as all of them would be end. */
const LEAST = 18;
/** As much of its end as is kept whatever the room. */
const END = 8;

/** The part of a name that gives way and the end that stays. Pure. */
export function middleCut(text: string): [start: string, end: string] {
  const letters = Array.from(text);
  return letters.length < LEAST ? [text, ""] : [letters.slice(0, -END).join(""), letters.slice(-END).join("")];
}
