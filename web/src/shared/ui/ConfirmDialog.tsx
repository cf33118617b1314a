import type { ReactNode } from "react";
import { Dialog } from "./Dialog";
import { DialogButtons } from "./DialogButtons";
import { ErrorBox } from "./ErrorBox";

interface Props {
  title: string;
  /** What will happen, and what stays. */
  children: ReactNode;
  /** How the way out is called, where “Cancel” could be taken for the action. */
  cancel?: string;
  action: string;
  /** The action's name while it is under way, where it takes long enough to be read. */
  busy?: string;
  tone: "primary" | "danger";
  /** The request behind it. */
  request: { isPending: boolean; error: Error | null };
  onConfirm: () => void;
  onClose: () => void;
}

/** One question before something that can't be taken back; a refusal is shown in it, and it stays open. */
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
