import { useState } from "react";
import type { TeamView } from "@/shared/api/types";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Field } from "@/shared/ui/Field";
import { refusalAt } from "@/shared/ui/refusal";
import { usePeople } from "../api/people";
import { useSaveTeam } from "../api/teams";
import { CheckList } from "./CheckList";

/** A team's name and members; null makes a new one. */
export function TeamDialog({ team, onClose }: { team: TeamView | null; onClose: () => void }) {
  const people = usePeople();
  const [name, setName] = useState(team?.name ?? "");
  const [members, setMembers] = useState(team?.members.map(({ id }) => id) ?? []);
  const [tried, setTried] = useState(false);
  const save = useSaveTeam(team?.id ?? null);
  const missing = tried && name.trim() === "" ? "Name is required." : undefined;
  const refused = refusalAt(save.error, "/name", "name_taken");
  const submit = () => {
    setTried(true);
    if (name.trim() !== "" && !save.isPending) save.mutate({ name: name.trim(), members }, { onSuccess: onClose });
  };
  return (
    <Dialog
      title={team === null ? "New team" : `Team ${team.name}`}
      onClose={onClose}
      onSubmit={submit}
      footer={<DialogButtons onCancel={onClose} action={save.isPending ? "Saving…" : team === null ? "Create team" : "Save"} disabled={save.isPending} />}
    >
      <Field label="Name" fault={refused ?? missing}>
        {(attributes) => (
          <input
            {...attributes}
            type="text"
            autoComplete="off"
            value={name}
            onChange={(event) => {
              setName(event.target.value);
              if (save.isError) save.reset();
            }}
          />
        )}
      </Field>
      {people.data !== undefined && <CheckList legend="Members" options={people.data} chosen={members} onChange={setMembers} />}
      {people.error !== null && <ErrorBox error={people.error} />}
      {save.error !== null && refused === undefined && <ErrorBox error={save.error} />}
    </Dialog>
  );
}
