import { useState } from "react";
import type { Session } from "@/shared/api/types";
import { NewPasswordForm } from "@/shared/session/NewPasswordForm";
import { useSession } from "@/shared/session/useSession";
import { ROLES } from "@/shared/session/roles";
import { Note } from "@/shared/ui/Note";
import { ZoneSwitch } from "@/shared/ui/ZoneSwitch";
import { SessionList } from "./SessionList";
import { TokenList } from "./TokenList";

/** The user's own account: name and role, password, sessions and tokens. */
export function AccountPage() {
  const { data: session } = useSession();
  if (session == null) return null;
  return (
    <>
      <div className="columns">
        <Me session={session} />
        <Password session={session} />
      </div>
      <TokenList role={session.user.role} />
      <SessionList />
    </>
  );
}

function Me({ session: { user } }: { session: Session }) {
  const role = ROLES.find((each) => each.role === user.role);
  return (
    <section className="card list-card" aria-label="Account">
      <header className="chart-head">
        <h2>Account</h2>
      </header>
      <ul className="pairs">
        <li>
          <span>Name</span>
          <span className="pair-value">{user.name}</span>
        </li>
        <li>
          <span>
            Role <small className="text-muted">{role?.help}</small>
          </span>
          <span>{role?.word}</span>
        </li>
        <li>
          <span>Teams</span>
          <span className="pair-value">{user.teams.length === 0 ? "none" : user.teams.map(({ name }) => name).join(", ")}</span>
        </li>
        <li>
          <span>
            Time zone <small className="text-muted">in this browser</small>
          </span>
          <ZoneSwitch />
        </li>
      </ul>
    </section>
  );
}

function Password({ session }: { session: Session }) {
  const [done, setDone] = useState(false);
  return (
    <section className="card settings-form" aria-label="Change password">
      <header className="chart-head">
        <h2>{session.has_password ? "Change password" : "Set a password"}</h2>
      </header>
      <div className="list-body">
        {!session.has_password && <p className="text-muted form-intro">You have no password: you sign in with one-time links{session.sign_out_url === null ? "" : " or your company account"}.</p>}
        <NewPasswordForm
          userName={session.user.name}
          asksCurrent={session.has_password && !session.by_link}
          action={session.has_password ? "Change password" : "Set password"}
          onDone={() => setDone(true)}
        />
        <div role="status">{done && <Note tone="good">Password saved.</Note>}</div>
      </div>
    </section>
  );
}
