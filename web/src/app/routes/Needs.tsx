import type { ReactNode } from "react";
import { may, type Action } from "@/shared/session/rights";
import { useSession } from "@/shared/session/useSession";
import { Empty } from "@/shared/ui/Empty";

/** Shows a page only to users with the required right; the server rejects its requests too. */
export function Needs({ action, children }: { action: Action; children: ReactNode }) {
  const { data: session = null } = useSession();
  if (may(session, action)) return children;
  return (
    <section className="card">
      <Empty icon="lock" title="Administrators only.">
        Ask an administrator of this server.
      </Empty>
    </section>
  );
}
