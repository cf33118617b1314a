import { formatClock, formatTime } from "@/shared/format/time";
import type { ChartContent } from "./chartTypes";
import type { Timeline } from "./timeline";

interface Props {
  content: ChartContent;
  /** Index of the point under the cursor; -1 in a gap, null without a cursor. */
  cursor: number | null;
  hidden: ReadonlySet<string>;
  onToggle: (key: string) => void;
  format: (value: number) => string;
  timeline: Timeline;
}

/** The lines' names; a click hides a line. With the cursor on a chart, each name has its value there; else the newest settled one. */
export function ChartLegend({ content, cursor, hidden, onToggle, format, timeline }: Props) {
  const row = cursor ?? newestSettled(content);
  const time = row === null || row < 0 ? undefined : content.times[row];
  return (
    <div className="chart-legend">
      {content.lines.map((line) => {
        const value = row === null || row < 0 ? null : (line.values[row] ?? null);
        return (
          <button key={line.key} type="button" aria-pressed={!hidden.has(line.key)} title={`Hide or show ${line.label}`} onClick={() => onToggle(line.key)}>
            <i style={{ background: line.colour }} />
            <span className="chart-legend-name">{line.label}</span>
            {row !== null && <b>{value === null ? "–" : format(value)}</b>}
          </button>
        );
      })}
      <span className="chart-legend-time">
        {cursor === null ? "" : time === undefined ? "no samples" : timeline.base === "clock" ? formatTime(time) : formatClock((time - timeline.originMs) / 1000)}
      </span>
    </div>
  );
}

function newestSettled(content: ChartContent): number | null {
  const { settledUntilMs, times, bucketMs } = content;
  if (settledUntilMs === null) return null;
  for (let row = times.length - 1; row >= 0; row -= 1) {
    const time = times[row];
    if (time !== undefined && time + bucketMs <= settledUntilMs) return row;
  }
  return null;
}
