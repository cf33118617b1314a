import { useState } from "react";
import type { Named, TeamView, UserView } from "@/shared/api/types";
import { TextField } from "@/shared/forms/fields";
import { fieldsAt, useCheckedForm, type Checked } from "@/shared/forms/useCheckedForm";
import { useFoundPeople } from "@/shared/session/useFoundPeople";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { useSaveTeam } from "../api/teams";
import { CheckList } from "./CheckList";

/** A team's name and members; null creates a new one. */
export function TeamDialog({ team, onClose }: { team: TeamView | null; onClose: () => void }) {
  const members = useMembers(team);
  const save = useSaveTeam(team?.id ?? null);
  const { form, unplaced } = useCheckedForm({ first: { name: team?.name ?? "" }, check, sends: save, fieldOf });
  const submit = form.handleSubmit(({ name }) => {
    if (!save.isPending) save.mutate({ name, add: members.added, remove: members.removed }, { onSuccess: onClose });
  });
  return (
    <Dialog
      title={team === null ? "New team" : `Team ${team.name}`}
      onClose={onClose}
      onSubmit={submit}
      footer={<DialogButtons onCancel={onClose} action={save.isPending ? "Saving…" : team === null ? "Create team" : "Save"} disabled={save.isPending} />}
    >
      <TextField form={form} name="name" label="Name" />
      {members.found !== undefined && (
        <CheckList
          legend="Members"
          first={members.first}
          found={members.found}
          more={members.more}
          count={members.count}
          isChosen={members.isMember}
          text={members.text}
          onSearch={members.search}
          onChange={members.change}
        />
      )}
      {members.error !== null && <ErrorBox error={members.error} />}
      {unplaced !== null && <ErrorBox error={unplaced} />}
    </Dialog>
  );
}

interface TeamForm {
  name: string;
}

const fieldOf = fieldsAt<TeamForm>({ "/name": "name" }, { name_taken: "name" });

function check({ name }: TeamForm): Checked<TeamForm, TeamForm> {
  return name.trim() === "" ? { request: null, faults: { name: "Name is required." } } : { request: { name: name.trim() }, faults: {} };
}

/** Current and selected members of a team: only the changes are sent, because not all members may be listed here. */
function useMembers(team: TeamView | null) {
  const [text, search] = useState("");
  const [changed, setChanged] = useState<ReadonlyMap<string, boolean>>(new Map());
  const everybody = useFoundPeople({ text });
  const members = useFoundPeople({ text, team: team?.id ?? "none" }, team !== null);
  const wasMember = ({ id }: Named) => {
    const isThem = (person: UserView) => person.id === id;
    return members.data?.items.some(isThem) === true || everybody.data?.items.find(isThem)?.teams.some((each) => each.id === team?.id) === true;
  };
  const ids = (member: boolean) => [...changed].filter(([, is]) => is === member).map(([id]) => id);
  const [added, removed] = [ids(true), ids(false)];
  return {
    text,
    search,
    first: members.data?.items ?? [],
    found: everybody.data?.items,
    more: everybody.data?.next != null || members.data?.next != null,
    error: everybody.error ?? members.error,
    added,
    removed,
    count: (team?.member_count ?? 0) + added.length - removed.length,
    isMember: (option: Named) => changed.get(option.id) ?? wasMember(option),
    change: (option: Named, chosen: boolean) => {
      const next = new Map(changed);
      // Unchanged values are not sent.
      if (chosen === wasMember(option)) next.delete(option.id);
      else next.set(option.id, chosen);
      setChanged(next);
    },
  };
}
