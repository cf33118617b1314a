import { useWatch } from "react-hook-form";
import type { Role, UserView } from "@/shared/api/types";
import { fieldsAt, useCheckedForm, type Checked } from "@/shared/forms/useCheckedForm";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { useChangePerson } from "../api/people";
import { PersonFields } from "./PersonFields";

interface Rights {
  role: Role;
  /** IDs. */
  teams: string[];
}

const check = (rights: Rights): Checked<Rights, Rights> => ({ request: rights, faults: {} });
const fieldOf = fieldsAt<Rights>({ "/role": "role" }, { last_administrator: "role" });

/** Role and teams of a user. */
export function PersonDialog({ person, onClose }: { person: UserView; onClose: () => void }) {
  const change = useChangePerson(person.id);
  const { form, unplaced } = useCheckedForm({ first: { role: person.role, teams: person.teams.map(({ id }) => id) }, check, sends: change, fieldOf });
  const [role, teams] = useWatch({ control: form.control, name: ["role", "teams"] });
  const submit = form.handleSubmit((rights) => {
    if (!change.isPending) change.mutate(rights, { onSuccess: onClose });
  });
  return (
    <Dialog
      title={`Role and teams of ${person.name}`}
      onClose={onClose}
      onSubmit={submit}
      footer={<DialogButtons onCancel={onClose} action={change.isPending ? "Saving…" : "Save"} disabled={change.isPending} />}
    >
      <PersonFields
        role={role}
        teams={teams}
        before={person.teams}
        roleFault={form.formState.errors.role?.message}
        onChange={(rights) => {
          form.setValue("role", rights.role);
          form.setValue("teams", rights.teams);
        }}
      />
      {unplaced !== null && <ErrorBox error={unplaced} />}
    </Dialog>
  );
}
