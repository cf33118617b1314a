import { useWatch } from "react-hook-form";
import type { Named, NewUser, Role } from "@/shared/api/types";
import { TextField } from "@/shared/forms/fields";
import { fieldsAt, useCheckedForm, type Checked } from "@/shared/forms/useCheckedForm";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { useInvite } from "../api/people";
import { LinkDialog } from "./LinkDialog";
import { PersonFields } from "./PersonFields";

/** Creates an account and its one-time link. */
export function InviteDialog({ onClose }: { onClose: () => void }) {
  const invite = useInvite();
  const { form, unplaced } = useCheckedForm({ first: EMPTY, check, sends: invite, fieldOf });
  const rights = useWatch({ control: form.control, name: "rights" });
  if (invite.data !== undefined) return <LinkDialog title={`${invite.data.user.name} is invited`} name={invite.data.user.name} made={invite.data} onClose={onClose} />;
  const submit = form.handleSubmit((person) => {
    if (!invite.isPending) invite.mutate(person);
  });
  return (
    <Dialog title="Invite a person" onClose={onClose} onSubmit={submit} footer={<DialogButtons onCancel={onClose} action={invite.isPending ? "Inviting…" : "Invite"} disabled={invite.isPending} />}>
      <TextField form={form} name="name" label="Name" help="Used to sign in, and shown as the owner of their runs and clusters." />
      <PersonFields {...rights} before={NO_TEAMS} onChange={(rights) => form.setValue("rights", rights)} />
      {unplaced !== null && <ErrorBox error={unplaced} />}
    </Dialog>
  );
}

interface InviteForm {
  name: string;
  rights: { role: Role; teams: string[] };
}

const EMPTY: InviteForm = { name: "", rights: { role: "member", teams: [] } };
const NO_TEAMS: Named[] = [];
const fieldOf = fieldsAt<InviteForm>({ "/name": "name" }, { name_taken: "name" });

function check({ name, rights }: InviteForm): Checked<InviteForm, NewUser> {
  return name.trim() === "" ? { request: null, faults: { name: "Name is required." } } : { request: { name: name.trim(), ...rights }, faults: {} };
}
