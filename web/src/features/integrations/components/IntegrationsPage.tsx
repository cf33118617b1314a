import type { Integrations } from "@/shared/api/types";
import { Empty } from "@/shared/ui/Empty";
import { Loaded } from "@/shared/ui/Loaded";
import { Note } from "@/shared/ui/Note";
import { useIntegrations } from "../api/integrations";
import { ExporterCard, NotifierCard } from "./TargetCards";

/** The targets of notifications at a run's end, and those of metrics during runs. Set in the server's configuration. */
export function IntegrationsPage() {
  const integrations = useIntegrations();
  return (
    <>
      <div className="section-head settings-head">
        <div>
          <h2>Integrations</h2>
          <span className="section-note">Set in the server’s configuration file: [[notify]] and [[metrics_export]].</span>
        </div>
      </div>
      <Loaded query={integrations} what="Loading integrations…">
        {(all) => <Targets {...all} />}
      </Loaded>
    </>
  );
}

function Targets({ notifications, metrics, public_url }: Integrations) {
  if (notifications.length === 0 && metrics.length === 0) {
    return (
      <section className="card">
        <Empty icon="plug" title="No integrations.">
          Add a [[notify]] table to jac.toml to notify a webhook, Slack, Teams or a mailbox about finished runs, or a [[metrics_export]] table to push the figures of running tests, and restart the
          server.
        </Empty>
      </section>
    );
  }
  return (
    <>
      {notifications.length > 0 && public_url === null && <Note tone="info">Notifications do not link to runs: set public_url to the address that people open.</Note>}
      {notifications.map((view) => (
        <NotifierCard key={view.name} view={view} />
      ))}
      {metrics.map((view) => (
        <ExporterCard key={view.name} view={view} />
      ))}
    </>
  );
}
