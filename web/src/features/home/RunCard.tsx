import { Link } from "react-router";
import { phaseChip } from "@/features/results/runWords";
import type { RunSummary } from "@/shared/api/types";
import { formatCount, formatMs, formatPercent, formatRate } from "@/shared/format/numbers";
import { formatClock } from "@/shared/format/time";
import { Chip } from "@/shared/ui/Chip";
import { useNow } from "@/shared/ui/useNow";

/** An active run with its current figures; opens its page. */
export function RunCard({ run }: { run: RunSummary }) {
  const now = useNow();
  const elapsed = run.started_ms === null ? null : (now - run.started_ms) / 1000;
  const expected = run.expected_s;
  const share = elapsed === null || expected === null ? null : Math.min(100, Math.max(0, (elapsed / expected) * 100));
  const head = run.headline;
  return (
    <Link to={`/runs/${run.id}`} className="card run-card">
      <div className="run-card-head">
        <strong title={run.name}>{run.name}</strong>
        <Chip {...phaseChip(run)} />
        <span className="text-muted" title={run.cluster.name}>
          {run.cluster.name}
        </span>
        {elapsed === null ? (
          <span className="run-card-time run-card-step" title={run.step}>
            {run.step}
          </span>
        ) : (
          <span className="run-card-time">{expected === null ? formatClock(elapsed) : `${formatClock(elapsed)} of ${formatClock(expected)}`}</span>
        )}
      </div>
      <dl className="run-card-figures">
        <div>
          <dt>Throughput</dt>
          <dd>{formatRate(head?.rate_per_s)}</dd>
        </div>
        <div>
          <dt>p95</dt>
          <dd>{formatMs(head?.p95_ms)}</dd>
        </div>
        <div>
          <dt>Error rate</dt>
          <dd className={(head?.errors ?? 0) > 0 ? "text-failed" : ""}>{formatPercent(head?.error_percent)}</dd>
        </div>
        <div>
          <dt>Users</dt>
          <dd>{formatCount(head?.active_users)}</dd>
        </div>
        <div>
          <dt>Samples</dt>
          <dd>{formatCount(head?.samples)}</dd>
        </div>
      </dl>
      {share !== null && (
        <div className="progress">
          <div className="progress-bar" style={{ width: `${share}%` }} />
        </div>
      )}
    </Link>
  );
}
