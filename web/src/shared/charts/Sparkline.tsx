/** The last minutes of a figure as a thin line, with gaps for missing values. */
export function Sparkline({ values, colour }: { values: (number | null)[]; colour: string }) {
  const shown = values.slice(-90);
  const top = Math.max(...shown.map((value) => value ?? 0));
  if (shown.length < 2 || !(top > 0)) return null;
  const step = 100 / (shown.length - 1);
  let path = "";
  let pen = false;
  shown.forEach((value, index) => {
    if (value === null) {
      pen = false;
      return;
    }
    path += `${pen ? "L" : "M"}${(index * step).toFixed(1)} ${(23 - (value / top) * 21).toFixed(1)}`;
    pen = true;
  });
  return (
    <svg viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden>
      <path d={path} fill="none" stroke={colour} strokeWidth="1.3" vectorEffect="non-scaling-stroke" strokeLinejoin="round" />
    </svg>
  );
}
