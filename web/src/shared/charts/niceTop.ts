/** A round number at or above the highest of some counts: the top of their axis, half of which is round too. Pure. */
export function niceTop(highest: number): number {
  if (highest <= 2) return Math.max(1, highest);
  const size = 10 ** Math.floor(Math.log10(highest));
  const step = [1, 2, 3, 4, 5, 6, 8, 10].find((each) => each * size >= highest) ?? 10;
  return step * size;
}
