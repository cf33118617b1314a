import { MiddleCut } from "@/shared/ui/MiddleCut";
import type { ChartLine } from "./chartTypes";

interface Props {
  lines: ChartLine[];
  /** The row whose values are shown next to the names; -1 in a gap, null without one. */
  row: number | null;
  /** The description of that row: a time, a position on the axis. */
  at: string;
  hidden: ReadonlySet<string>;
  onToggle: (key: string) => void;
  format: (value: number) => string;
}

/** The lines' names; a click hides a line. With the cursor on the chart, each name shows its value there. */
export function ChartLegend({ lines, row, at, hidden, onToggle, format }: Props) {
  return (
    <div className="chart-legend">
      {lines.map((line) => {
        const value = row === null || row < 0 ? null : (line.values[row] ?? null);
        return (
          <button key={line.key} type="button" aria-pressed={!hidden.has(line.key)} title={`Hide or show ${line.label}`} onClick={() => onToggle(line.key)}>
            <i style={{ background: line.colour }} />
            <span className="chart-legend-name">
              <MiddleCut text={line.label} />
            </span>
            {line.tag !== undefined && <small className="tag">{line.tag}</small>}
            {row !== null && <b>{value === null ? "–" : format(value)}</b>}
          </button>
        );
      })}
      <span className="chart-legend-time">{at}</span>
    </div>
  );
}
