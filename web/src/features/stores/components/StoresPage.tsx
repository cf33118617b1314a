import { useState } from "react";
import { Link } from "react-router";
import { useCredentials } from "@/features/credentials/api/credentials";
import type { CredentialView, ResultsStore } from "@/shared/api/types";
import { useRights, useSession } from "@/shared/session/useSession";
import { Empty } from "@/shared/ui/Empty";
import { Icon } from "@/shared/ui/Icon";
import { Loaded } from "@/shared/ui/Loaded";
import { useStores } from "../api/stores";
import { StoreCard } from "./StoreCard";
import { StoreDialog } from "./StoreDialog";

/** Where the results of the user's own runs are stored. Viewers have no runs. */
export function StoresPage() {
  const { data: session } = useSession();
  const { may } = useRights();
  if (session == null) return null;
  if (may("save_credentials")) return <OwnStores me={session.user.id} />;
  return (
    <section className="card">
      <Empty icon="lock" title="No store.">
        Your role is viewer: you cannot start runs, so there are no results to store.
      </Empty>
    </section>
  );
}

function OwnStores({ me }: { me: string }) {
  const stores = useStores();
  const credentials = useCredentials();
  const sets = (credentials.data ?? []).filter(({ owner, kind }) => owner.id === me && kind !== "ssh_key");
  const [adding, setAdding] = useState(false);
  const add = (
    <button type="button" className="btn btn-primary" disabled={sets.length === 0} onClick={() => setAdding(true)}>
      <Icon name="plus" /> Add store
    </button>
  );
  return (
    <>
      <div className="section-head settings-head">
        <div>
          <h2>Results</h2>
          <span className="section-note">Stores the results of your runs in your own bucket, with your credentials.</span>
        </div>
        {add}
      </div>
      <Loaded query={stores} what="Loading stores…">
        {(all) => <List own={all.filter(({ owner }) => owner.id === me)} sets={sets} />}
      </Loaded>
      {adding && <StoreDialog changes={null} sets={sets} onClose={() => setAdding(false)} />}
    </>
  );
}

function List({ own, sets }: { own: ResultsStore[]; sets: CredentialView[] }) {
  if (own.length > 0) {
    return (
      <div className="credential-cards">
        {own.map((store) => (
          <StoreCard key={store.id} store={store} sets={sets} />
        ))}
      </div>
    );
  }
  return (
    <section className="card">
      <Empty icon="cloud-upload" title="No store of your own.">
        Your runs are stored in the server’s store, if it has one. Add your own bucket in Amazon S3 or an S3-compatible store to keep them there
        {sets.length === 0 && (
          <>
            . First save an AWS access key under <Link to="/settings/credentials">Credentials</Link>
          </>
        )}
        .
      </Empty>
    </section>
  );
}
