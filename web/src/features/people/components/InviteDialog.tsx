import { useState } from "react";
import type { Named, Role } from "@/shared/api/types";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Field } from "@/shared/ui/Field";
import { refusalAt } from "@/shared/ui/refusal";
import { useInvite } from "../api/people";
import { LinkDialog } from "./LinkDialog";
import { PersonFields } from "./PersonFields";

/** Creates an account and its one-time link. */
export function InviteDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [rights, setRights] = useState<{ role: Role; teams: string[] }>({ role: "member", teams: [] });
  const [tried, setTried] = useState(false);
  const invite = useInvite();
  if (invite.data !== undefined) return <LinkDialog title={`${invite.data.user.name} is invited`} name={invite.data.user.name} made={invite.data} onClose={onClose} />;
  const missing = tried && name.trim() === "" ? "Name is required." : undefined;
  const refused = refusalAt(invite.error, "/name", "name_taken");
  const submit = () => {
    setTried(true);
    if (name.trim() !== "" && !invite.isPending) invite.mutate({ name: name.trim(), ...rights });
  };
  return (
    <Dialog title="Invite a person" onClose={onClose} onSubmit={submit} footer={<DialogButtons onCancel={onClose} action={invite.isPending ? "Inviting…" : "Invite"} disabled={invite.isPending} />}>
      <Field label="Name" help="Used to sign in, and shown as the owner of their runs and clusters." fault={refused ?? missing}>
        {(attributes) => (
          <input
            {...attributes}
            type="text"
            autoComplete="off"
            value={name}
            onChange={(event) => {
              setName(event.target.value);
              if (invite.isError) invite.reset();
            }}
          />
        )}
      </Field>
      <PersonFields {...rights} before={NO_TEAMS} onChange={setRights} />
      {invite.error !== null && refused === undefined && <ErrorBox error={invite.error} />}
    </Dialog>
  );
}

const NO_TEAMS: Named[] = [];
