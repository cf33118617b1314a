import type uPlot from "uplot";
import type { Threshold } from "./chartTypes";
import type { ChartColours } from "./palette";

/** A dashed line with its sentence for each threshold that lies inside the chart. */
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
    ctx.textAlign = "right";
    const above = y - bbox.top > 16 * ratio;
    ctx.textBaseline = above ? "bottom" : "top";
    const width = ctx.measureText(label).width;
    ctx.save();
    ctx.fillStyle = colours.surface;
    ctx.globalAlpha = 0.92;
    ctx.fillRect(bbox.left + bbox.width - width - 8 * ratio, above ? y - 17 * ratio : y + ratio, width + 8 * ratio, 16 * ratio);
    ctx.restore();
    ctx.fillText(label, bbox.left + bbox.width - 4 * ratio, y + (above ? -3 : 3) * ratio);
    ctx.restore();
  }
}
