import type { OneTimeLink } from "@/shared/api/types";
import { formatDateTime } from "@/shared/format/time";
import { Dialog } from "@/shared/ui/Dialog";
import { Note } from "@/shared/ui/Note";
import { absoluteLink, ShownOnce } from "@/shared/ui/ShownOnce";

/** A one-time link for another user: shown once. */
export function LinkDialog({ title, name, made, onClose }: { title: string; name: string; made: OneTimeLink; onClose: () => void }) {
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="stack confirm">
        <Note tone="good">
          Send this link to {name}. It works once, until {formatDateTime(made.expires_ms)}; whoever opens it signs in as {name}.
        </Note>
        <ShownOnce label="Sign-in link" secret={absoluteLink(made.link)} />
      </div>
    </Dialog>
  );
}
