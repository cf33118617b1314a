import { useState } from "react";
import { useNavigate } from "react-router";
import { ApiError } from "@/shared/api/client";
import type { Plan } from "@/shared/api/types";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Field } from "@/shared/ui/Field";
import { useDuplicatePlan, useEditPlan } from "../api/useChangePlan";

interface Props {
  plan: Plan;
  onClose: () => void;
}

export function RenameDialog({ plan, onClose }: Props) {
  const edit = useEditPlan(plan.id);
  return (
    <NameDialog
      title={`Rename ${plan.name}`}
      first={plan.name}
      help="Existing runs keep the old name."
      action={edit.isPending ? "Saving…" : "Rename"}
      request={edit}
      onClose={onClose}
      onName={(name) => edit.mutate({ name }, { onSuccess: onClose })}
    />
  );
}

/** The copy is opened, so that it can be edited. */
export function DuplicateDialog({ plan, onClose }: Props) {
  const duplicate = useDuplicatePlan(plan.id);
  // Also while the copy's page loads.
  const busy = duplicate.isPending || duplicate.isSuccess;
  const navigate = useNavigate();
  return (
    <NameDialog
      title={`Duplicate ${plan.name}`}
      first={`${plan.name} (copy)`}
      help="A plan of your own with the same files, criteria and files to keep. Runs and revisions are not copied."
      action={busy ? "Duplicating…" : "Duplicate"}
      request={{ isPending: busy, error: duplicate.error }}
      onClose={onClose}
      onName={(name) => duplicate.mutate(name, { onSuccess: (copy) => void navigate(`/plans/${copy.id}`) })}
    />
  );
}

interface NameProps {
  title: string;
  first: string;
  help: string;
  action: string;
  request: { isPending: boolean; error: Error | null };
  onName: (name: string) => void;
  onClose: () => void;
}

function NameDialog({ title, first, help, action, request, onName, onClose }: NameProps) {
  const [name, setName] = useState(first);
  const [asked, setAsked] = useState(false);
  const missing = name.trim() === "" ? "Enter a name." : undefined;
  const refused = request.error instanceof ApiError && request.error.faults.length > 0 ? request.error.faults.map(({ message }) => message).join(" ") : undefined;
  const submit = () => {
    setAsked(true);
    if (missing === undefined && !request.isPending) onName(name.trim());
  };
  return (
    <Dialog title={title} onClose={onClose} onSubmit={submit} footer={<DialogButtons onCancel={onClose} action={action} disabled={request.isPending} />}>
      <Field label="Name" help={help} fault={asked ? (missing ?? refused) : undefined}>
        {(attributes) => <input {...attributes} type="text" autoComplete="off" maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />}
      </Field>
      {request.error !== null && refused === undefined && <ErrorBox error={request.error} />}
    </Dialog>
  );
}
