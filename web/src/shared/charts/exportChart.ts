import type uPlot from "uplot";
import { toCsv } from "@/shared/export/csv";
import type { ChartLine } from "./chartTypes";
import type { ChartColours } from "./palette";

/** The chart's numbers: one column for what the rows are (a bucket's start as ISO time), one for each line. */
export function chartCsv(head: string, rows: (string | number)[], lines: ChartLine[]): string {
  return toCsv(
    [head, ...lines.map((line) => line.label)],
    rows.map((name, row) => [name, ...lines.map((line) => line.values[row] ?? null)]),
  );
}

/** The chart as it is on the screen, with its title and legend above it. */
export function chartPng(chart: uPlot, title: string, lines: ChartLine[], colours: ChartColours): Promise<Blob> {
  const ratio = window.devicePixelRatio;
  const source = chart.ctx.canvas;
  const head = 44 * ratio;
  const canvas = document.createElement("canvas");
  canvas.width = source.width;
  canvas.height = source.height + head;
  const ctx = canvas.getContext("2d");
  if (ctx === null) return Promise.reject(new Error("This browser does not support canvas."));
  ctx.fillStyle = colours.surface;
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  ctx.fillStyle = colours.text;
  ctx.font = `600 ${13 * ratio}px system-ui, sans-serif`;
  ctx.fillText(title, 12 * ratio, 18 * ratio);
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  let x = 12 * ratio;
  for (const line of lines) {
    ctx.fillStyle = line.colour;
    ctx.fillRect(x, 30 * ratio, 10 * ratio, 3 * ratio);
    ctx.fillStyle = colours.text;
    ctx.fillText(line.label, x + 14 * ratio, 35 * ratio);
    x += ctx.measureText(line.label).width + 30 * ratio;
  }
  ctx.drawImage(source, 0, head);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob === null ? reject(new Error("The image could not be created.")) : resolve(blob)), "image/png");
  });
}
