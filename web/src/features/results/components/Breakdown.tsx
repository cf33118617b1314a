import type { CodeCount, DistributionBin, HostCount } from "@/shared/api/types";
import { Histogram } from "@/shared/charts/Histogram";
import { formatCount, formatMs, formatPercent, plural } from "@/shared/format/numbers";

/** How many samples took how long. */
export function Distribution({ bins }: { bins: DistributionBin[] }) {
  const all = bins.reduce((sum, bin) => sum + bin.samples, 0);
  const bars = bins.map((bin) => ({
    key: String(bin.from_ms),
    label: formatMs(bin.from_ms),
    value: bin.samples,
    bad: bin.errors,
    says: `${formatMs(bin.from_ms)} to ${formatMs(bin.to_ms)}: ${plural(bin.samples, "sample")}, ${formatPercent((bin.samples / all) * 100)}, ${plural(bin.errors, "error")}`,
  }));
  return (
    <section className="card breakdown breakdown-wide" aria-label="Distribution of response times">
      <header className="chart-head">
        <h3>Distribution</h3>
        <span className="chart-unit">samples by response time, failed ones in red</span>
      </header>
      {all === 0 ? <div className="table-empty">No samples.</div> : <Histogram bars={bars} axis={formatCount} />}
    </section>
  );
}

export function Codes({ codes }: { codes: CodeCount[] }) {
  return <Shares title="Response codes" rows={codes.map(({ code, ...rest }) => ({ ...rest, name: code === "" ? "no code" : code, samples: rest.count }))} />;
}

export function Hosts({ hosts }: { hosts: HostCount[] }) {
  return <Shares title="Load generators" rows={hosts.map(({ host, ...rest }) => ({ ...rest, name: host }))} />;
}

function Shares({ title, rows }: { title: string; rows: { name: string; samples: number; errors: number }[] }) {
  const all = rows.reduce((sum, row) => sum + row.samples, 0);
  return (
    <section className="card breakdown" aria-label={title}>
      <header className="chart-head">
        <h3>{title}</h3>
      </header>
      {rows.length === 0 ? (
        <div className="table-empty">No samples.</div>
      ) : (
        <ul className="shares">
          {rows.map((row) => (
            <li key={row.name}>
              <span className="shares-name" title={row.name}>
                {row.name}
              </span>
              <span className="shares-bar">
                <i style={{ width: `${((row.samples - row.errors) / all) * 100}%` }} />
                <i className="shares-bad" style={{ width: `${(row.errors / all) * 100}%` }} />
              </span>
              <span className="shares-count">{formatCount(row.samples)}</span>
              <span className="shares-share">{formatPercent((row.samples / all) * 100)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
