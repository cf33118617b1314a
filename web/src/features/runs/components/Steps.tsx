import type { RunStep } from "@/shared/api/types";
import { formatDuration } from "@/shared/format/time";
import { Icon } from "@/shared/ui/Icon";
import { useNow } from "@/shared/ui/useNow";

/** What has been done to get the run going, what is being done, and how long each took. */
export function Steps({ steps, now: sentence }: { steps: RunStep[]; now: string }) {
  const now = useNow(500);
  return (
    <section className="card list-card" aria-label="Steps">
      <header className="chart-head">
        <h2>Steps</h2>
        {steps.length === 0 && <span className="chart-unit">{sentence}</span>}
      </header>
      <ol className="steps">
        {steps.map((step) => (
          <li key={`${step.started_ms} ${step.message}`} className={step.ended_ms === null ? "step-open" : ""}>
            {step.ended_ms === null ? <span className="spinner-border spinner-border-sm" role="img" aria-label="in progress" /> : <Icon name="check-circle" />}
            <span>{step.message}</span>
            <time>{stepTime((step.ended_ms ?? now) - step.started_ms)}</time>
          </li>
        ))}
      </ol>
    </section>
  );
}

function stepTime(ms: number): string {
  return ms < 1000 ? "<1\u00a0s" : formatDuration(ms / 1000);
}
