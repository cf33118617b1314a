import { useNavigate } from "react-router";
import type { Plan } from "@/shared/api/types";
import { TextField } from "@/shared/forms/fields";
import { useCheckedForm, type Checked, type FieldOf } from "@/shared/forms/useCheckedForm";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
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
      request={{ ...duplicate, isPending: busy }}
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
  request: { isPending: boolean; error: Error | null; reset: () => void };
  onName: (name: string) => void;
  onClose: () => void;
}

function NameDialog({ title, first, help, action, request, onName, onClose }: NameProps) {
  const { form, unplaced } = useCheckedForm({ first: { name: first }, check, sends: request, fieldOf });
  const submit = form.handleSubmit(({ name }) => {
    if (!request.isPending) onName(name);
  });
  return (
    <Dialog title={title} onClose={onClose} onSubmit={submit} footer={<DialogButtons onCancel={onClose} action={action} disabled={request.isPending} />}>
      <TextField form={form} name="name" label="Name" help={help} maxLength={100} />
      {unplaced !== null && <ErrorBox error={unplaced} />}
    </Dialog>
  );
}

interface NameForm {
  name: string;
}

const fieldOf: FieldOf<NameForm> = ({ field }) => (field === null ? null : "name");

function check({ name }: NameForm): Checked<NameForm, NameForm> {
  return name.trim() === "" ? { request: null, faults: { name: "Enter a name." } } : { request: { name: name.trim() }, faults: {} };
}
