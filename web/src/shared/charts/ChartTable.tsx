import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import type { ChartLine } from "./chartTypes";

const ROW = 24;

interface Props {
  /** The chart's name. */
  title: string;
  /** The header of the first column: `Time`. */
  head: string;
  count: number;
  nameOf: (row: number) => string;
  lines: ChartLine[];
  format: (value: number) => string;
  height: number;
  newestFirst: boolean;
}

/** The chart's data as a table. */
export function ChartTable({ title, head, count, nameOf, lines, format, height, newestFirst }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  // The virtualizer has its own state outside React's; nothing here is memoised on it.
  // eslint-disable-next-line react-hooks/incompatible-library
  const rows = useVirtualizer({ count, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 10 });
  const items = rows.getVirtualItems();
  return (
    <div ref={scroller} className="chart-table" role="region" aria-label={`${title}: values`} tabIndex={0} style={{ height }}>
      <table className="table-dense">
        <thead>
          <tr>
            <th scope="col">{head}</th>
            {lines.map((line) => (
              <th key={line.key} scope="col" className="num">
                {line.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Space height={items[0]?.start ?? 0} span={lines.length + 1} />
          {items.map((item) => {
            const row = newestFirst ? count - 1 - item.index : item.index;
            return (
              <tr key={row} style={{ height: ROW }}>
                <td>{nameOf(row)}</td>
                {lines.map((line) => {
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
          <Space height={rows.getTotalSize() - (items.at(-1)?.end ?? 0)} span={lines.length + 1} />
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
