import type { ReactNode } from "react";
import { ConfirmDialog } from "./ConfirmDialog";

/** What each is while it is under way. */
const BUSY = { Delete: "Deleting…", End: "Ending…", Remove: "Removing…", Revoke: "Revoking…", Terminate: "Terminating…" };

interface Props {
  verb: keyof typeof BUSY;
  /** The thing, by its name. */
  what: string;
  /** What will happen, and what stays. */
  children: ReactNode;
  /** There is a way back, which `children` describe. */
  reversible?: true;
  request: { isPending: boolean; error: Error | null };
  onConfirm: () => void;
  onClose: () => void;
}

/** The one question before something goes away: what, with which consequence, and whether there is a way back. */
export function RemovalDialog({ verb, what, children, reversible, request, onConfirm, onClose }: Props) {
  return (
    <ConfirmDialog title={`${verb} ${what}`} action={verb} busy={BUSY[verb]} tone="danger" request={request} onConfirm={onConfirm} onClose={onClose}>
      {children}
      {reversible !== true && <p>This can’t be undone.</p>}
    </ConfirmDialog>
  );
}
