import type uPlot from "uplot";
import type { Threshold } from "./chartTypes";
import type { ChartColours } from "./palette";

/** A dashed line for each threshold in the chart's range, with its name at the left: the newest values are at the right. Drawn before the series, which stay visible over it. */
export function drawThresholds(chart: uPlot, thresholds: Threshold[], colours: ChartColours): void {
  const { ctx, bbox } = chart;
  const ratio = window.devicePixelRatio;
  for (const { value, label } of thresholds) {
    const y = chart.valToPos(value, "y", true);
    if (!(y >= bbox.top && y <= bbox.top + bbox.height)) continue;
    ctx.save();
    ctx.strokeStyle = colours.threshold;
    ctx.fillStyle = colours.threshold;
    ctx.lineWidth = 1.2 * ratio;
    ctx.setLineDash([5 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.font = `${11 * ratio}px system-ui, 'Liberation Sans', sans-serif`;
    ctx.textAlign = "left";
    const above = y - bbox.top > 16 * ratio;
    ctx.textBaseline = above ? "bottom" : "top";
    // An outline in the card's colour keeps the text readable over lines.
    ctx.setLineDash([]);
    ctx.strokeStyle = colours.surface;
    ctx.lineWidth = 4 * ratio;
    ctx.lineJoin = "round";
    const x = bbox.left + 4 * ratio;
    const baseline = y + (above ? -3 : 3) * ratio;
    ctx.strokeText(label, x, baseline);
    ctx.fillText(label, x, baseline);
    ctx.restore();
  }
}
