import { useState, type ReactNode } from "react";
import { Link } from "react-router";
import { hasEnded, takesRuns } from "@/features/clusters/clusterWords";
import { CreateClusterDialog } from "@/features/clusters/components/CreateClusterDialog";
import { StartRunButton } from "@/features/runs/components/StartRunButton";
import type { ClusterSummary, Info } from "@/shared/api/types";
import { useRights } from "@/shared/session/useSession";
import { Icon, type IconName } from "@/shared/ui/Icon";
import { RunExample } from "./RunExample";

interface Props {
  hasPlan: boolean;
  clusters: ClusterSummary[];
  info: Info | undefined;
}

/** From an empty installation to the first run: the example with one click, the steps for an own plan, and what comes next. */
export function FirstSteps({ hasPlan, clusters, info }: Props) {
  return (
    <>
      {info?.providers.includes("local") === true && <RunExample info={info} />}
      <OwnPlan hasPlan={hasPlan} clusters={clusters} info={info} />
      <ForLater />
    </>
  );
}

/** Completed steps are ticked. */
function OwnPlan({ hasPlan, clusters, info }: Props) {
  const [creating, setCreating] = useState(false);
  const living = clusters.filter((cluster) => !hasEnded(cluster.phase));
  return (
    <section className="card first-steps" aria-label="First steps">
      <header className="chart-head">
        <h2>Run your own plan in three steps</h2>
      </header>
      <ol>
        <Step
          mark={hasPlan ? <Icon name="check-circle" /> : 1}
          done={hasPlan}
          title="Upload a plan"
          action={
            <Link className="btn btn-outline-secondary" to="/plans">
              Go to plans
            </Link>
          }
        >
          A .jmx with its data files and plugin jars. JAC checks it on upload and lists missing files.
        </Step>
        <Step
          mark={living.length > 0 ? <Icon name="check-circle" /> : 2}
          done={living.length > 0}
          title="Create a cluster"
          action={
            <button type="button" className="btn btn-outline-secondary" onClick={() => setCreating(true)}>
              New cluster
            </button>
          }
        >
          One JMeter master and its workers: local processes, your machines over SSH, or Amazon EC2. Terminates automatically.
        </Step>
        <Step mark={3} title="Start a run" action={<StartRunButton disabled={!hasPlan || !living.some(takesRuns)} why={hasPlan ? "Create a cluster first." : "Upload a plan first."} />}>
          Watch it live, stop it at any time, and keep the report.
        </Step>
      </ol>
      {creating && <CreateClusterDialog info={info} onClose={() => setCreating(false)} />}
    </section>
  );
}

/** More machines and more users, for those with the rights. */
function ForLater() {
  const { may } = useRights();
  const connects = may("save_credentials");
  const invites = may("manage_people");
  if (!connects && !invites) return null;
  return (
    <section className="card first-steps" aria-label="More load and more people">
      <header className="chart-head">
        <h2>More load and more people</h2>
      </header>
      <ul>
        {connects && (
          <Later icon="cloud" title="Connect AWS" to="/settings/credentials?add" action="Connect AWS">
            Save an access key or a role. It is tested before it is saved, and the form includes the required IAM policy. No AWS resources are created; the price of a cluster is shown before it is
            created.
          </Later>
        )}
        {invites && (
          <Later icon="people" title="Invite people" to="/settings/people?invite" action="Invite people">
            Each gets a sign-in link and a role: viewer, member or administrator.
          </Later>
        )}
      </ul>
    </section>
  );
}

function Later({ icon, title, to, action, children }: { icon: IconName; title: string; to: string; action: string; children: ReactNode }) {
  return (
    <Step
      mark={<Icon name={icon} />}
      title={title}
      action={
        <Link className="btn btn-outline-secondary" to={to}>
          {action}
        </Link>
      }
    >
      {children}
    </Step>
  );
}

export function Step({ mark, done = false, title, action, children }: { mark: ReactNode; done?: boolean; title: string; action: ReactNode; children: ReactNode }) {
  return (
    <li className={done ? "first-step-done" : ""}>
      <span className="first-step-mark">{mark}</span>
      <div>
        <strong>{title}</strong>
        <p>{children}</p>
      </div>
      {action}
    </li>
  );
}
