import { useEffect, useRef } from "react";
import { Link } from "react-router";
import type { Session } from "@/shared/api/types";
import { Note } from "@/shared/ui/Note";
import { Waiting } from "@/shared/ui/Waiting";
import { useLinkSignIn } from "../api/useSignIn";
import { isDeadLink, sessionsFault } from "../signInWords";
import { SignInFault } from "./SignInFault";
import { Command } from "./WhereLinksComeFrom";

/** Sends a link's token once. A user who is already signed in is asked first: the link may be another user's. */
export function LinkSignIn({ token, signedInAs, onKeep, onDone }: { token: string; signedInAs: string | null; onKeep: () => void; onDone: (session: Session) => void }) {
  const signIn = useLinkSignIn();
  const posted = useRef(false);
  const { mutate } = signIn;
  const go = () => {
    if (posted.current) return;
    posted.current = true;
    mutate(token, { onSuccess: ({ session }) => onDone(session) });
  };
  const start = useRef(go);
  useEffect(() => {
    if (signedInAs === null) start.current();
  }, [signedInAs]);

  if (signIn.error !== null) {
    return (
      <>
        <h1>{isDeadLink(signIn.error) ? "Sign-in link invalid or expired" : "Sign-in failed"}</h1>
        {isDeadLink(signIn.error) ? (
          <>
            <Note tone="attention">Sign-in links work once and for a limited time.</Note>
            <p>Ask your administrator for a new one, or run this on the JAC server:</p>
            <Command />
          </>
        ) : (
          <SignInFault error={signIn.error} words={sessionsFault(signIn.error)} onRetry={() => mutate(token, { onSuccess: ({ session }) => onDone(session) })} />
        )}
        <Link to="/sign-in">Other ways to sign in</Link>
      </>
    );
  }
  if (signedInAs !== null && !signIn.isPending) {
    return (
      <>
        <h1>Use this sign-in link?</h1>
        <p>
          This browser is signed in as <strong>{signedInAs}</strong>. The link signs you in as the person it was created for.
        </p>
        <div className="form-actions">
          <button type="button" className="btn btn-primary" onClick={go}>
            Use the link
          </button>
          <button type="button" className="btn btn-outline-secondary" onClick={onKeep}>
            Continue as {signedInAs}
          </button>
        </div>
      </>
    );
  }
  return <Waiting what="Signing in…" />;
}
