import { Link } from "react-router";
import type { RunStep } from "@/shared/api/types";
import { formatDuration } from "@/shared/format/time";
import { Icon } from "@/shared/ui/Icon";
import { useNow } from "@/shared/ui/useNow";

interface Props {
  steps: RunStep[];
  /** The description of the step. */
  now: string;
  /** When it ended; null: it continues. */
  at: number | null;
  /** The step that failed. */
  failed?: RunStep | null;
  /** The run has just started: reserves space for further steps. */
  begins?: boolean;
}

/** The steps of a run, with the duration of each. */
export function Steps(props: Props) {
  return props.at === null && props.steps.some(({ ended_ms }) => ended_ms === null) ? <Ticking {...props} /> : <StepList {...props} at={props.at ?? 0} />;
}

function Ticking(props: Props) {
  return <StepList {...props} at={useNow()} />;
}

function StepList({ steps, now: sentence, at, failed = null, begins = false }: Props & { at: number }) {
  return (
    <section className="card list-card" aria-label="Steps">
      <header className="chart-head">
        <h2>Steps</h2>
        {steps.length === 0 && <span className="chart-unit">{sentence}</span>}
      </header>
      <ol className={begins ? "steps steps-begin" : "steps"}>
        {steps.map((step) => (
          <li key={`${step.started_ms} ${step.message}`} className={step === failed ? "step-failed" : step.ended_ms === null ? "step-open" : ""}>
            {step === failed ? <FailedIcon /> : <StepIcon step={step} />}
            <span>
              <StepWords step={step} />
            </span>
            <time>{stepTime((step.ended_ms ?? at) - step.started_ms)}</time>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** The run that it waits for is a click away. */
function StepWords({ step: { code, params, message } }: { step: RunStep }) {
  const { run, name } = params as Record<string, unknown>;
  if (code !== "waiting_in_queue" || typeof run !== "string" || typeof name !== "string") return message;
  return (
    <>
      Waiting until <Link to={`/runs/${run}`}>{name}</Link> has ended.
    </>
  );
}

function FailedIcon() {
  return (
    <span role="img" aria-label="failed">
      <Icon name="x-circle" />
    </span>
  );
}

/** No spinner while a test runs: it would be painted sixty times a second. */
function StepIcon({ step }: { step: RunStep }) {
  if (step.ended_ms !== null) return <Icon name="check-circle" />;
  if (step.code === "running") return <Icon name="play" />;
  return <span className="spinner-border spinner-border-sm" role="img" aria-label="in progress" />;
}

function stepTime(ms: number): string {
  return ms < 1000 ? "<1\u00a0s" : formatDuration(ms / 1000);
}
