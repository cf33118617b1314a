import type { Run } from "@/shared/api/types";
import { formatDuration } from "@/shared/format/time";
import { useNow } from "@/shared/ui/useNow";
import { phasesOf } from "../phases";

interface Props {
  run: Run;
  /** The server's time at the newest snapshot; null: unknown. */
  at: number | null;
}

/** The phases of a run with the time spent in each; while preparing also how many of its nodes are in which state, while collecting the current step. */
export function PhaseStrip({ run, at }: Props) {
  if (run.phase === "finished") return <Strip run={run} now={0} />;
  return at === null ? <Ticking run={run} /> : <Strip run={run} now={at} />;
}

function Ticking({ run }: { run: Run }) {
  return <Strip run={run} now={useNow()} />;
}

function Strip({ run, now: at }: { run: Run; now: number }) {
  const phases = phasesOf(run, at);
  // A run that was just requested has no phases for a moment; reserve their line.
  if (phases.length === 0 && run.phase === "finished") return null;
  return (
    <ol className="phase-strip" aria-label="Phases">
      {phases.map(({ name, ms, now }) => (
        <li key={name} className={now ? "phase-now" : ""} {...(now ? { "aria-current": "step" as const } : {})}>
          <span>{name}</span> <time>{ms < 1000 ? "<1\u00a0s" : formatDuration(ms / 1000)}</time>
        </li>
      ))}
      {run.phase === "preparing" && run.nodes.length > 0 && <li className="text-muted">{nodesWords(run)}</li>}
      {run.phase === "collecting" && <li className="text-muted">{run.step}</li>}
    </ol>
  );
}

/** `1 running, 3 starting`. */
function nodesWords({ nodes }: Run): string {
  const states = [...new Set(nodes.map(({ state }) => state))];
  const counted = states.map((state) => `${nodes.filter((node) => node.state === state).length} ${state}`);
  return `nodes: ${counted.join(", ")}`;
}
