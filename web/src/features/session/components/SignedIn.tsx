import { useQueryClient } from "@tanstack/react-query";
import { useEffect, type ReactNode } from "react";
import { Navigate, useLocation } from "react-router";
import { keys } from "@/shared/api/keys";
import { BY_THEMSELVES, forgetSeen } from "@/shared/session/endSession";
import { useSession } from "@/shared/session/useSession";
import { Waiting } from "@/shared/ui/Waiting";
import { sessionsFault } from "../signInWords";
import { useSessionElsewhere } from "../useSessionElsewhere";
import { SignInFault } from "./SignInFault";

/** Shows its content to signed-in users; redirects others to the sign-in page, which returns here unless they signed out. */
export function SignedIn({ children }: { children: ReactNode }) {
  const session = useSession();
  const location = useLocation();
  const client = useQueryClient();
  useSessionElsewhere();
  const nobody = session.data === null;
  useEffect(() => {
    if (nobody) forgetSeen(client);
  }, [nobody, client]);
  if (nobody) {
    if (client.getQueryData(keys.signedOut) === BY_THEMSELVES) return <Navigate to="/sign-in" replace />;
    return <Navigate to={`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`} replace />;
  }
  if (session.data !== undefined) return children;
  return (
    <main className="sign-in">
      {session.error === null ? <Waiting what="Checking your session…" /> : <SignInFault error={session.error} words={sessionsFault(session.error)} onRetry={() => void session.refetch()} />}
    </main>
  );
}
