import type uPlot from "uplot";
import { toCsv } from "@/shared/export/csv";
import type { ChartLine } from "./chartTypes";
import type { ChartColours } from "./palette";

/** The chart's data: one column for the rows (a bucket's start as ISO time), one for each line. */
export function chartCsv(head: string, rows: (string | number)[], lines: ChartLine[]): string {
  return toCsv(
    [head, ...lines.map((line) => line.label)],
    rows.map((name, row) => [name, ...lines.map((line) => line.values[row] ?? null)]),
  );
}

/** The chart as on the screen, with its title and the legend of the visible lines above it. */
export function chartPng(chart: uPlot, title: string, lines: ChartLine[], colours: ChartColours): Promise<Blob> {
  const ratio = window.devicePixelRatio;
  const source = chart.ctx.canvas;
  const canvas = document.createElement("canvas");
  const ctx = canvas.getContext("2d");
  if (ctx === null) return Promise.reject(new Error("This browser does not support canvas."));
  const legendFont = `${11 * ratio}px system-ui, sans-serif`;
  ctx.font = legendFont;
  const places = legendPlaces(
    lines.map(({ label }) => ctx.measureText(label).width + 30 * ratio),
    source.width - 24 * ratio,
  );
  const lineHeight = 16 * ratio;
  const head = 44 * ratio + (places.at(-1)?.line ?? 0) * lineHeight;
  canvas.width = source.width;
  canvas.height = source.height + head;
  ctx.fillStyle = colours.surface;
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  ctx.fillStyle = colours.text;
  ctx.font = `600 ${13 * ratio}px system-ui, sans-serif`;
  ctx.fillText(title, 12 * ratio, 18 * ratio);
  ctx.font = legendFont;
  for (const [index, { colour, label }] of lines.entries()) {
    const { x: left = 0, line = 0 } = places[index] ?? {};
    const [x, y] = [12 * ratio + left, line * lineHeight];
    ctx.fillStyle = colour;
    ctx.fillRect(x, y + 30 * ratio, 10 * ratio, 3 * ratio);
    ctx.fillStyle = colours.text;
    ctx.fillText(label, x + 14 * ratio, y + 35 * ratio);
  }
  ctx.drawImage(source, 0, head);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob === null ? reject(new Error("The image could not be created.")) : resolve(blob)), "image/png");
  });
}

/** The positions of the names in a legend: one after the other, in as many lines as they need. */
export function legendPlaces(widths: number[], most: number): { x: number; line: number }[] {
  let [x, line] = [0, 0];
  return widths.map((width) => {
    if (x > 0 && x + width > most) [x, line] = [0, line + 1];
    const place = { x, line };
    x += width;
    return place;
  });
}
