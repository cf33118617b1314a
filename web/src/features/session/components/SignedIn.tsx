import type { ReactNode } from "react";
import { Navigate, useLocation } from "react-router";
import { useSession } from "@/shared/session/useSession";
import { Waiting } from "@/shared/ui/Waiting";
import { sessionsFault } from "../signInWords";
import { SignInFault } from "./SignInFault";

/** Lets through who is signed in; sends others to the sign-in page, which brings them back here. */
export function SignedIn({ children }: { children: ReactNode }) {
  const session = useSession();
  const location = useLocation();
  if (session.data === null) {
    return <Navigate to={`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`} replace />;
  }
  if (session.data !== undefined) return children;
  return (
    <main className="sign-in">
      {session.error === null ? <Waiting what="Checking your session…" /> : <SignInFault error={session.error} words={sessionsFault(session.error)} onRetry={() => void session.refetch()} />}
    </main>
  );
}
