import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { Navigate, useLocation, useNavigate } from "react-router";
import { keys } from "@/shared/api/keys";
import { keepPageSecret } from "@/shared/api/pageSecret";
import type { Session } from "@/shared/api/types";
import { NewPasswordForm } from "@/shared/session/NewPasswordForm";
import { BY_THEMSELVES } from "@/shared/session/endSession";
import { useSession } from "@/shared/session/useSession";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Note } from "@/shared/ui/Note";
import { Waiting } from "@/shared/ui/Waiting";
import { useSignInOffer } from "../api/useSignInOffer";
import { readArrival, safePath, type Arrival } from "../fragment";
import { companyFault, endedWords, sessionsFault } from "../signInWords";
import { useSessionElsewhere } from "../useSessionElsewhere";
import { CompanyButton, takeNext } from "./CompanyButton";
import { LinkSignIn } from "./LinkSignIn";
import { PasswordForm } from "./PasswordForm";
import { SignInFault } from "./SignInFault";
import { WhereLinksComeFrom } from "./WhereLinksComeFrom";

/** Signs in: with name and password, by single sign-on, or with the one-time link that opened the page. */
export function SignInPage() {
  const location = useLocation();
  const navigate = useNavigate();
  const session = useSession();
  const client = useQueryClient();
  useSessionElsewhere();
  const { hash, pathname, search } = location;
  const [arrival, setArrival] = useState<Arrival>({ kind: "none" });
  const [seen, setSeen] = useState("");
  const [offersPassword, setOffersPassword] = useState<Session | null>(null);
  const next = safePath(new URLSearchParams(search).get("next"));

  // The fragment is removed from the address at once; its content is kept here.
  const found = readArrival(hash);
  if (found.kind !== "none" && hash !== seen) {
    setSeen(hash);
    setArrival(found);
  }

  useEffect(() => {
    document.title = "Sign in · JAC";
  }, []);
  useEffect(() => {
    const arrived = readArrival(hash);
    if (arrived.kind === "none") return;
    // Removed from the address bar and the history, where others could read the secret.
    if (arrived.kind !== "page") return void navigate({ pathname, search, hash: "" }, { replace: true });
    keepPageSecret(arrived.secret);
    client.removeQueries({ queryKey: keys.signedOut });
    void client.resetQueries({ queryKey: keys.session });
    void navigate({ pathname, search: new URLSearchParams({ next: safePath(takeNext()) }).toString(), hash: "" }, { replace: true });
  }, [hash, pathname, search, navigate, client]);

  const open = () => void navigate(next, { replace: true });
  const onLink = (opened: Session) => {
    // On the user's own machine a link is enough; an invited user, or one with a reset link, sets a password.
    if (opened.single_user) open();
    else setOffersPassword(opened);
  };

  if (found.kind !== "none")
    return (
      <Card>
        <Waiting what="Signing in…" />
      </Card>
    );
  if (offersPassword !== null)
    return (
      <Card>
        <FirstPassword session={offersPassword} onDone={open} />
      </Card>
    );
  if (session.data === undefined)
    return (
      <Card>
        {session.error === null ? <Waiting what="Checking your session…" /> : <SignInFault error={session.error} words={sessionsFault(session.error)} onRetry={() => void session.refetch()} />}
      </Card>
    );
  if (arrival.kind === "token") {
    return (
      <Card>
        <LinkSignIn token={arrival.token} signedInAs={session.data?.user.name ?? null} onKeep={open} onDone={onLink} />
      </Card>
    );
  }
  if (session.data !== null) return <Navigate to={next} replace />;
  return (
    <Card>
      <Ways next={next} fault={arrival.kind === "fault" ? arrival.code : null} onDone={open} />
    </Card>
  );
}

function Card({ children }: { children: ReactNode }) {
  return (
    <main className="sign-in">
      <div className="card sign-in-card">
        <div className="sign-in-brand">
          <img src="/favicon.svg" alt="" /> JAC
        </div>
        {children}
      </div>
    </main>
  );
}

function Ways({ next, fault, onDone }: { next: string; fault: string | null; onDone: () => void }) {
  const offer = useSignInOffer();
  const code = useQueryClient().getQueryData<string>(keys.signedOut);
  const ended = code === BY_THEMSELVES ? undefined : code;
  if (offer.error !== null) return <ErrorBox error={offer.error} onRetry={() => void offer.refetch()} />;
  if (offer.data === undefined) return <Waiting what="Loading…" />;
  const { local, company } = offer.data;
  const none = !local && company === null;
  return (
    <>
      <h1>{ended !== undefined ? "You have been signed out" : none ? "Sign in with a link" : "Sign in"}</h1>
      {ended !== undefined && <Note tone="attention">{endedWords(ended)}</Note>}
      {fault !== null && (
        <div role="alert">
          <Note tone="failed">
            {companyFault(fault, company?.name ?? "Your company’s sign-in")} <span className="text-muted">({fault})</span>
          </Note>
        </div>
      )}
      {company !== null && <CompanyButton name={company.name} next={next} primary={!local} />}
      {company !== null && local && <div className="sign-in-or">or</div>}
      {local && <PasswordForm onDone={onDone} />}
      {(local || none) && <WhereLinksComeFrom only={none} />}
    </>
  );
}

/** After a link: the next sign-in needs a password or another link. */
function FirstPassword({ session, onDone }: { session: Session; onDone: () => void }) {
  return (
    <>
      <h1>{session.has_password ? "Set a new password" : "Set a password"}</h1>
      <p>
        You are signed in as <strong>{session.user.name}</strong>.{" "}
        {session.has_password ? "Your old password works until you set a new one." : "The link works only once: with a password you can sign in again."}
      </p>
      <NewPasswordForm userName={session.user.name} asksCurrent={false} action="Set password" onDone={onDone}>
        <button type="button" className="btn btn-outline-secondary" onClick={onDone}>
          Not now
        </button>
      </NewPasswordForm>
    </>
  );
}
