import type { ReactNode } from "react";
import { ConfirmDialog } from "./ConfirmDialog";

/** The labels while the action is in progress. */
const BUSY = { Delete: "Deleting…", End: "Ending…", Remove: "Removing…", Revoke: "Revoking…", Terminate: "Terminating…" };

interface Props {
  verb: keyof typeof BUSY;
  /** The name of the object. */
  what: string;
  /** The consequences, and what is kept. */
  children: ReactNode;
  /** It can be undone, as `children` describe. */
  reversible?: true;
  request: { isPending: boolean; error: Error | null };
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks for confirmation before something is removed: what, the consequences, and whether it can be undone. */
export function RemovalDialog({ verb, what, children, reversible, request, onConfirm, onClose }: Props) {
  return (
    <ConfirmDialog title={`${verb} ${what}`} action={verb} busy={BUSY[verb]} tone="danger" request={request} onConfirm={onConfirm} onClose={onClose}>
      {children}
      {reversible !== true && <p>This can’t be undone.</p>}
    </ConfirmDialog>
  );
}
