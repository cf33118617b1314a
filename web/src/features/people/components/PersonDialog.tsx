import { useState } from "react";
import type { UserView } from "@/shared/api/types";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { refusalAt } from "@/shared/ui/refusal";
import { useChangePerson } from "../api/people";
import { PersonFields } from "./PersonFields";

/** Role and teams of a user. */
export function PersonDialog({ person, onClose }: { person: UserView; onClose: () => void }) {
  const [rights, setRights] = useState({ role: person.role, teams: person.teams.map(({ id }) => id) });
  const change = useChangePerson(person.id);
  const refused = refusalAt(change.error, "/role", "last_administrator");
  return (
    <Dialog
      title={`Role and teams of ${person.name}`}
      onClose={onClose}
      onSubmit={() => change.mutate(rights, { onSuccess: onClose })}
      footer={<DialogButtons onCancel={onClose} action={change.isPending ? "Saving…" : "Save"} disabled={change.isPending} />}
    >
      <PersonFields {...rights} before={person.teams} roleFault={refused} onChange={setRights} />
      {change.error !== null && refused === undefined && <ErrorBox error={change.error} />}
    </Dialog>
  );
}
