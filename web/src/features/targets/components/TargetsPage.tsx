import { useState } from "react";
import { useCredentials } from "@/features/credentials/api/credentials";
import { useRights, useSession } from "@/shared/session/useSession";
import { Empty } from "@/shared/ui/Empty";
import { Icon } from "@/shared/ui/Icon";
import { Loaded } from "@/shared/ui/Loaded";
import { useTargets } from "../api/targets";
import { TargetCard } from "./TargetCard";
import { TargetDialog } from "./TargetDialog";

/** Where the samples of the user's own runs are shipped to, in addition to the server's targets. Viewers have no runs. */
export function TargetsPage() {
  const { data: session } = useSession();
  const { may } = useRights();
  if (session == null) return null;
  if (may("save_credentials")) return <OwnTargets me={session.user.id} />;
  return (
    <section className="card">
      <Empty icon="lock" title="No search targets.">
        Your role is viewer: you cannot start runs, so there are no samples to ship.
      </Empty>
    </section>
  );
}

function OwnTargets({ me }: { me: string }) {
  const targets = useTargets();
  const credentials = useCredentials();
  const sets = (credentials.data ?? []).filter(({ owner, kind }) => owner.id === me && kind !== "ssh_key");
  const [adding, setAdding] = useState(false);
  const add = (
    <button type="button" className="btn btn-primary" onClick={() => setAdding(true)}>
      <Icon name="plus" /> Add target
    </button>
  );
  return (
    <>
      <div className="section-head settings-head">
        <div>
          <h2>Search targets</h2>
          <span className="section-note">Ships every sample of your runs to your own Elasticsearch or OpenSearch, in addition to the server’s targets.</span>
        </div>
        {add}
      </div>
      <Loaded query={targets} what="Loading search targets…">
        {(all) => {
          const own = all.filter(({ owner }) => owner.id === me);
          return own.length === 0 ? (
            <section className="card">
              <Empty icon="search" title="No search targets of your own." action={add}>
                Runs are shipped to the server’s targets, if it has any. Secrets are encrypted at rest and never shown again.
              </Empty>
            </section>
          ) : (
            <div className="credential-cards">
              {own.map((target) => (
                <TargetCard key={target.id} target={target} sets={sets} />
              ))}
            </div>
          );
        }}
      </Loaded>
      {adding && <TargetDialog replaces={null} sets={sets} onClose={() => setAdding(false)} />}
    </>
  );
}
