import type { Run } from "@/shared/api/types";
import { formatDuration } from "@/shared/format/time";

/** What the run was started with. */
export function Settings({ run }: { run: Run }) {
  const properties = Object.entries(run.properties);
  return (
    <section className="card list-card" aria-label="Settings">
      <header className="chart-head">
        <h3>Started with</h3>
      </header>
      <ul className="pairs">
        {properties.map(([name, value]) => (
          <li key={name}>
            <code>{name}</code>
            <span className="pair-value">{value === "" ? <em>empty</em> : value}</span>
          </li>
        ))}
        {run.split.map((path) => (
          <li key={`split ${path}`}>
            <span>{path}</span>
            <span className="text-muted">dealt out among the workers</span>
          </li>
        ))}
        <li>
          <span>Grace after a stop</span>
          <span>{formatDuration(run.grace_s)}</span>
        </li>
      </ul>
    </section>
  );
}
