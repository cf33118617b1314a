import { formatClock, formatTime } from "@/shared/format/time";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import type { ChartContent } from "./chartTypes";
import type { Timeline } from "./timeline";

const ROW = 24;

/** The chart's numbers, newest first. */
export function ChartTable({ content, format, height, timeline }: { content: ChartContent; format: (value: number) => string; height: number; timeline: Timeline }) {
  const scroller = useRef<HTMLDivElement>(null);
  const count = content.times.length;
  // The virtualizer keeps its own state outside React's; nothing here is memoised on it.
  // eslint-disable-next-line react-hooks/incompatible-library
  const rows = useVirtualizer({ count, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 10 });
  const items = rows.getVirtualItems();
  return (
    <div ref={scroller} className="chart-table" style={{ height }}>
      <table className="table-dense">
        <thead>
          <tr>
            <th scope="col">Time</th>
            {content.lines.map((line) => (
              <th key={line.key} scope="col" className="num">
                {line.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Space height={items[0]?.start ?? 0} span={content.lines.length + 1} />
          {items.map((item) => {
            const row = count - 1 - item.index;
            const time = content.times[row] ?? 0;
            return (
              <tr key={time} style={{ height: ROW }}>
                <td>{timeline.base === "clock" ? formatTime(time) : formatClock((time - timeline.originMs) / 1000)}</td>
                {content.lines.map((line) => {
                  const value = line.values[row] ?? null;
                  return (
                    <td key={line.key} className="num">
                      {value === null ? "–" : format(value)}
                    </td>
                  );
                })}
              </tr>
            );
          })}
          <Space height={rows.getTotalSize() - (items.at(-1)?.end ?? 0)} span={content.lines.length + 1} />
        </tbody>
      </table>
    </div>
  );
}

function Space({ height, span }: { height: number; span: number }) {
  return height <= 0 ? null : (
    <tr aria-hidden style={{ height }}>
      <td colSpan={span} />
    </tr>
  );
}
