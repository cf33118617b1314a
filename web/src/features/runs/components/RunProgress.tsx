import type { Run } from "@/shared/api/types";

/** The elapsed share of the planned time; only if the plan has an end. `now`: the server's time at the newest snapshot. */
export function RunProgress({ run, now }: { run: Run; now: number }) {
  if (run.phase !== "running" || run.expected_s === null || run.started_ms === null) return null;
  const share = Math.min(100, Math.max(0, ((now - run.started_ms) / 1000 / run.expected_s) * 100));
  return (
    <div className="progress" role="progressbar" aria-label="Progress of the planned time" aria-valuenow={Math.round(share)} aria-valuemin={0} aria-valuemax={100}>
      <div className="progress-bar" style={{ width: `${share}%` }} />
    </div>
  );
}
