import type { RunFacts } from "@/shared/api/types";
import { formatMs } from "@/shared/format/numbers";
import { formatTimeNear } from "@/shared/format/time";

/** With direct results, each worker's first sample, its clock's offset, and whether its log is complete. */
export function Workers({ run }: { run: RunFacts | null }) {
  const nodes = run?.nodes ?? [];
  const [first] = nodes.flatMap((node) => node.first_sample_ms ?? []).toSorted((one, other) => one - other);
  if (nodes.length === 0) return null;
  return (
    <section className="card list-card" aria-label="Workers">
      <header className="chart-head">
        <h2>Workers</h2>
        {run?.start_skew_ms != null && <span className="text-muted">first samples within {formatMs(run.start_skew_ms)}</span>}
      </header>
      <table className="table-dense">
        <thead>
          <tr>
            <th scope="col" className="main">
              Worker
            </th>
            <th scope="col" className="num">
              First sample after
            </th>
            <th scope="col" className="num">
              Clock ahead by
            </th>
            <th scope="col">Log</th>
            <th scope="col">Missing since</th>
          </tr>
        </thead>
        <tbody>
          {nodes.map((node) => (
            <tr key={node.name}>
              <th scope="row" className="main">
                {node.name}
              </th>
              <td className="num">{node.first_sample_ms == null || first === undefined ? "–" : formatMs(node.first_sample_ms - first)}</td>
              <td className="num">{node.clock_offset_ms == null ? "–" : formatMs(node.clock_offset_ms)}</td>
              <td>{node.log == null ? "–" : node.log.whole ? "verified" : "incomplete"}</td>
              <td>{node.lost_ms == null ? "–" : formatTimeNear(node.lost_ms, first ?? node.lost_ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
