import type { ReactNode } from "react";
import type { CodeCount } from "@/shared/api/types";
import { formatCount, formatPercent } from "@/shared/format/numbers";
import type { NamedHost } from "../nodeNames";

export function Codes({ codes, scope }: { codes: CodeCount[]; scope?: ReactNode }) {
  return <Shares title="Response codes" scope={scope} rows={codes.map(({ code, ...rest }) => ({ ...rest, name: code === "" ? "no code" : code, samples: rest.count }))} />;
}

export function Hosts({ hosts, scope }: { hosts: NamedHost[]; scope?: ReactNode }) {
  return <Shares title="Load generators" scope={scope} rows={hosts.map((each) => ({ ...each, title: each.host }))} />;
}

function Shares({ title, scope, rows }: { title: string; scope: ReactNode; rows: { name: string; title?: string; samples: number; errors: number }[] }) {
  const all = rows.reduce((sum, row) => sum + row.samples, 0);
  return (
    <section className="card breakdown" aria-label={title}>
      <header className="chart-head">
        <h3>{title}</h3>
        {scope}
      </header>
      {rows.length === 0 ? (
        <div className="table-empty">No samples.</div>
      ) : (
        <div className="shares-scroll" role="region" aria-label={`${title}: shares`} tabIndex={0}>
          <ul className="shares">
            {rows.map((row) => (
              <li key={row.title ?? row.name}>
                <span className="shares-name" title={row.title ?? row.name}>
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
        </div>
      )}
    </section>
  );
}
