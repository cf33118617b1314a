import type { CredentialView } from "@/shared/api/types";
import { useRights, useSession } from "@/shared/session/useSession";
import { useAskedFor } from "@/shared/url/useAskedFor";
import { Empty } from "@/shared/ui/Empty";
import { Icon } from "@/shared/ui/Icon";
import { Loaded } from "@/shared/ui/Loaded";
import { Note } from "@/shared/ui/Note";
import { useCredentials, useEnvironmentCredentials } from "../api/credentials";
import { kindWord } from "../credentialWords";
import { CredentialCard } from "./CredentialCard";
import { CredentialDialog } from "./CredentialDialog";

/** The user's own sets of credentials; administrators also see other users' sets. Viewers cannot create clusters and have none. */
export function CredentialsPage() {
  const { data: session } = useSession();
  const { may } = useRights();
  if (session == null) return null;
  if (may("save_credentials")) return <OwnCredentials me={session.user.id} />;
  return (
    <section className="card">
      <Empty icon="lock" title="No credentials.">
        Your role is viewer: you cannot create clusters, so you need none.
      </Empty>
    </section>
  );
}

function OwnCredentials({ me }: { me: string }) {
  const credentials = useCredentials();
  const [adding, setAdding] = useAskedFor("add");
  const add = (
    <button type="button" className="btn btn-primary" onClick={() => setAdding(true)}>
      <Icon name="plus" /> Add credentials
    </button>
  );
  return (
    <>
      <div className="section-head settings-head">
        <div>
          <h2>Credentials</h2>
          <span className="section-note">Encrypted at rest, never shown again. Only your own clusters and stores use them.</span>
        </div>
        {add}
      </div>
      <Environment />
      <Loaded query={credentials} what="Loading credentials…">
        {(all) => {
          const own = all.filter(({ owner }) => owner.id === me);
          const others = all.filter(({ owner }) => owner.id !== me);
          return (
            <>
              {own.length === 0 ? (
                <section className="card">
                  <Empty icon="lock" title="No credentials yet." action={add}>
                    Save an AWS access key or role to create clusters on Amazon EC2, or an SSH key for your own machines.
                  </Empty>
                </section>
              ) : (
                <div className="credential-cards">
                  {own.map((credential) => (
                    <CredentialCard key={credential.id} credential={credential} />
                  ))}
                </div>
              )}
              {others.length > 0 && <Others credentials={others} />}
            </>
          );
        }}
      </Loaded>
      {adding && <CredentialDialog rotates={null} onClose={() => setAdding(false)} />}
    </>
  );
}

/** The server's own credentials, if this user may use them. */
function Environment() {
  const { data } = useEnvironmentCredentials();
  if (data?.allowed !== true) return null;
  return (
    <Note tone="info">
      {data.available
        ? "You may also create clusters with the server’s own credentials: its AWS environment, profile or instance role."
        : "You may use the server’s own credentials, but it has none: no AWS variables, profile or instance role."}
    </Note>
  );
}

function Others({ credentials }: { credentials: CredentialView[] }) {
  return (
    <section className="card list-card" aria-label="Credentials of others">
      <header className="chart-head">
        <h2>Credentials of others</h2>
        <span className="chart-unit">names only</span>
      </header>
      <ul className="pairs">
        {credentials.map((credential) => (
          <li key={credential.id}>
            <span>
              {credential.name} <span className="text-muted">{kindWord(credential.kind)}</span>
            </span>
            <span className="pair-value">{credential.owner.name}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
