import { useEffect, useRef, type ReactNode } from "react";
import { Navigate, useNavigate, useSearchParams } from "react-router";
import { ApiError } from "@/shared/api/client";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Note } from "@/shared/ui/Note";
import { Waiting } from "@/shared/ui/Waiting";
import { useSession } from "../api/useSession";
import { useSignIn } from "../api/useSignIn";

/** Opened by the sign-in link: posts its token once and goes on. Without a token it says where the link comes from. */
export function SignInPage() {
  const [parameters] = useSearchParams();
  const token = parameters.get("token");
  const next = safePath(parameters.get("next"));
  const session = useSession();
  const signIn = useSignIn();
  const navigate = useNavigate();
  const posted = useRef(false);
  const { mutate } = signIn;

  useEffect(() => {
    document.title = "Sign in · JAC";
    // Who is signed in already does not use the link up.
    if (token === null || session.data !== null || posted.current) return;
    posted.current = true;
    mutate(token, { onSuccess: () => void navigate(next, { replace: true }) });
  }, [token, session.data, mutate, navigate, next]);

  if (session.data != null) return <Navigate to={next} replace />;
  return (
    <main className="sign-in">
      <div className="card sign-in-card">
        <div className="sign-in-brand">
          <img src="/favicon.svg" alt="" /> JAC
        </div>
        {token === null ? <NoLink /> : <Trial error={signIn.error ?? session.error}><Waiting what="Signing in…" /></Trial>}
      </div>
    </main>
  );
}

function NoLink() {
  return (
    <>
      <h1>Sign in with a link</h1>
      <p>JAC printed a sign-in link at its first start. To get a new one, run this on the JAC server:</p>
      <Command />
      <p>Open the printed link in this browser.</p>
    </>
  );
}

function Trial({ error, children }: { error: Error | null; children: ReactNode }) {
  if (error === null) return children;
  const used = error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429;
  return (
    <>
      <h1>Sign-in link invalid or expired</h1>
      {used ? (
        <>
          <Note tone="attention">{error.message}</Note>
          <p>Sign-in links work once and for a limited time. To get a new one, run this on the JAC server:</p>
          <Command />
        </>
      ) : (
        <ErrorBox error={error} />
      )}
    </>
  );
}

function Command() {
  return <code className="sign-in-command">jac admin link</code>;
}

/** Only a path of this site; anything else goes to the first page. */
function safePath(path: string | null): string {
  return path !== null && /^\/(?![/\\])/.test(path) ? path : "/";
}
