import { useState } from "react";
import { Link } from "react-router";
import { readStored, writeStored } from "@/shared/browser/stored";
import { useSession } from "@/shared/session/useSession";
import { Note } from "@/shared/ui/Note";

const DISMISSED = "jac.no-password";

/** On the overview of a user who signed in by link and has no password: how to sign in next time. */
export function PasswordNote() {
  const { data: session } = useSession();
  const [dismissed, setDismissed] = useState(() => readStored(DISMISSED) !== null);
  if (dismissed || session == null || session.has_password || !session.by_link) return null;
  return (
    <Note tone="info">
      <div className="note-line">
        <span>
          You signed in with a one-time link. <Link to="/settings/account">Set a password</Link> to sign in without one.
        </span>
        <button
          type="button"
          className="btn btn-quiet"
          onClick={() => {
            writeStored(DISMISSED, "yes");
            setDismissed(true);
          }}
        >
          Dismiss
        </button>
      </div>
    </Note>
  );
}
