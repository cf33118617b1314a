import { useState, type ReactNode } from "react";
import { Link } from "react-router";
import { canRun, hasEnded } from "@/features/clusters/clusterWords";
import { CreateClusterDialog } from "@/features/clusters/components/CreateClusterDialog";
import { StartRunButton } from "@/features/runs/components/StartRunButton";
import type { Cluster, Info, Plan } from "@/shared/api/types";
import { Icon } from "@/shared/ui/Icon";

/** The way from an empty installation to the first run; what is done is ticked off. */
export function FirstSteps({ plans, clusters, info }: { plans: Plan[]; clusters: Cluster[]; info: Info | undefined }) {
  const [creating, setCreating] = useState(false);
  const living = clusters.filter((cluster) => !hasEnded(cluster.phase));
  const hasPlan = plans.length > 0;
  return (
    <section className="card first-steps" aria-label="First steps">
      <header className="chart-head">
        <h3>Three steps to the first run</h3>
      </header>
      <ol>
        <Step done={hasPlan} number={1} title="Upload a plan" action={<Link className={`btn ${hasPlan ? "btn-outline-secondary" : "btn-primary"}`} to="/plans">Go to plans</Link>}>
          A .jmx with its data files and plugin jars. JAC reads it and says at once what is missing.
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
          One JMeter master and as many workers as you like, on JAC’s own machine, on machines of yours over SSH, or on Amazon EC2. It ends by itself when its time is over.
        </Step>
        <Step done={false} number={3} title="Start a run" action={<StartRunButton disabled={!hasPlan || !living.some(canRun)} why={hasPlan ? "The cluster has to be ready first." : "Upload a plan first."} />}>
          Watch it live, stop it when you have seen enough, and keep the report.
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
