import type uPlot from "uplot";
import type { ChartColours } from "./palette";
import { withAlpha } from "./chartFrame";

/** An annotation: a line on every chart over time. */
export interface Moment {
  at_ms: number;
  text: string;
}

/** A longer text would cover the lines; the list below the charts has it in full. */
const LONGEST = 24;

/** A vertical line with its text for each annotation in the chart's time range. */
export function drawMoments(chart: uPlot, moments: Moment[], xOf: (ms: number) => number, colours: ChartColours): void {
  const { ctx, bbox } = chart;
  const ratio = window.devicePixelRatio;
  for (const { at_ms, text } of moments) {
    const x = chart.valToPos(xOf(at_ms), "x", true);
    if (!(x >= bbox.left && x <= bbox.left + bbox.width)) continue;
    ctx.save();
    ctx.strokeStyle = withAlpha(colours.text, 0.75);
    ctx.lineWidth = ratio;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.font = `${10 * ratio}px system-ui, 'Liberation Sans', sans-serif`;
    ctx.textBaseline = "top";
    // On the side with more space.
    const isRight = x > bbox.left + bbox.width / 2;
    ctx.textAlign = isRight ? "right" : "left";
    const words = shortened(text);
    const [at, top] = [x + (isRight ? -4 : 4) * ratio, bbox.top + 2 * ratio];
    // An outline in the card's colour keeps the text readable over lines.
    ctx.strokeStyle = colours.surface;
    ctx.lineWidth = 4 * ratio;
    ctx.lineJoin = "round";
    ctx.strokeText(words, at, top);
    ctx.fillStyle = colours.text;
    ctx.fillText(words, at, top);
    ctx.restore();
  }
}

function shortened(text: string): string {
  const letters = Array.from(text);
  return letters.length <= LONGEST ? text : `${letters.slice(0, LONGEST - 1).join("")}…`;
}
