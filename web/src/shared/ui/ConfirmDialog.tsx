import type { ReactNode } from "react";
import { Dialog } from "./Dialog";
import { DialogButtons } from "./DialogButtons";
import { ErrorBox } from "./ErrorBox";

interface Props {
  title: string;
  /** The consequences, and what is kept. */
  children: ReactNode;
  /** The label of the cancel button, if “Cancel” could be mistaken for the action. */
  cancel?: string;
  action: string;
  /** The action's label while it is in progress, if that takes a while. */
  busy?: string;
  tone: "primary" | "danger";
  /** The request of the action. */
  request: { isPending: boolean; error: Error | null };
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks for confirmation of an irreversible action; shows an error of the request, and stays open then. */
export function ConfirmDialog({ title, children, cancel = "Cancel", action, busy = action, tone, request, onConfirm, onClose }: Props) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      onSubmit={onConfirm}
      footer={<DialogButtons cancel={cancel} onCancel={onClose} action={request.isPending ? busy : action} tone={tone} disabled={request.isPending} />}
    >
      <div className="stack confirm">
        {children}
        {request.error !== null && <ErrorBox error={request.error} />}
      </div>
    </Dialog>
  );
}
