import type { Entry } from "@/shared/api/types";
import { formatCount, formatPercent } from "@/shared/format/numbers";

/** How many samples passed and failed. */
export function RequestSummary({ total }: { total: Entry }) {
  const passed = total.samples - total.errors;
  const share = (count: number) => (total.samples === 0 ? null : (count / total.samples) * 100);
  const rows = [
    { key: "satisfied", name: "Passed", count: passed },
    { key: "failed", name: "Failed", count: total.errors },
  ];
  return (
    <section className="card breakdown" aria-label="Requests summary">
      <header className="chart-head">
        <h3>Requests</h3>
        <span className="chart-unit">{formatCount(total.samples)} total</span>
      </header>
      <div className="request-summary">
        <span className="overview-bar">
          {rows.map((row) => (
            <i key={row.key} className={`part-${row.key}`} style={{ width: `${share(row.count) ?? 0}%` }} />
          ))}
        </span>
        <ul>
          {rows.map((row) => (
            <li key={row.key}>
              <i className={`part-mark part-${row.key}`} /> {row.name} <b>{formatCount(row.count)}</b> <span className="text-muted">{formatPercent(share(row.count))}</span>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
