import { useState, type ReactNode } from "react";
import { Link } from "react-router";
import { canRun, hasEnded } from "@/features/clusters/clusterWords";
import { CreateClusterDialog } from "@/features/clusters/components/CreateClusterDialog";
import { StartRunButton } from "@/features/runs/components/StartRunButton";
import type { ClusterSummary, Info } from "@/shared/api/types";
import { Icon } from "@/shared/ui/Icon";

/** The way from an empty installation to the first run; what is done is ticked off. */
export function FirstSteps({ hasPlan, clusters, info }: { hasPlan: boolean; clusters: ClusterSummary[]; info: Info | undefined }) {
  const [creating, setCreating] = useState(false);
  const living = clusters.filter((cluster) => !hasEnded(cluster.phase));
  return (
    <section className="card first-steps" aria-label="First steps">
      <header className="chart-head">
        <h2>Three steps to the first run</h2>
      </header>
      <ol>
        <Step
          done={hasPlan}
          number={1}
          title="Upload a plan"
          action={
            <Link className={`btn ${hasPlan ? "btn-outline-secondary" : "btn-primary"}`} to="/plans">
              Go to plans
            </Link>
          }
        >
          A .jmx with its data files and plugin jars. JAC checks it on upload and lists missing files.
        </Step>
        <Step
          done={living.length > 0}
          number={2}
          title="Create a cluster"
          action={
            <button type="button" className={`btn ${hasPlan && living.length === 0 ? "btn-primary" : "btn-outline-secondary"}`} onClick={() => setCreating(true)}>
              New cluster
            </button>
          }
        >
          One JMeter master and its workers: local processes, your machines over SSH, or Amazon EC2. Terminates automatically.
        </Step>
        <Step done={false} number={3} title="Start a run" action={<StartRunButton disabled={!hasPlan || !living.some(canRun)} why={hasPlan ? "No cluster is ready." : "Upload a plan first."} />}>
          Watch it live, stop it at any time, and keep the report.
        </Step>
      </ol>
      {creating && <CreateClusterDialog info={info} onClose={() => setCreating(false)} />}
    </section>
  );
}

function Step({ done, number, title, action, children }: { done: boolean; number: number; title: string; action: ReactNode; children: ReactNode }) {
  return (
    <li className={done ? "first-step-done" : ""}>
      <span className="first-step-mark">{done ? <Icon name="check-circle" /> : number}</span>
      <div>
        <strong>{title}</strong>
        <p>{children}</p>
      </div>
      {action}
    </li>
  );
}
