import { useState } from "react";
import type { Named, Role } from "@/shared/api/types";
import { ROLES } from "@/shared/session/roles";
import { useTeams } from "@/shared/session/useTeams";
import { Options } from "@/shared/ui/Field";
import { CheckList } from "./CheckList";

interface Props {
  role: Role;
  /** IDs. */
  teams: string[];
  /** The teams when the dialog was opened. */
  before: Named[];
  roleFault?: string | undefined;
  onChange: (change: { role: Role; teams: string[] }) => void;
}

/** The fields for inviting and for editing a user. */
export function PersonFields({ role, teams, before, roleFault, onChange }: Props) {
  const [text, setText] = useState("");
  const found = useTeams(text);
  const all = found.data;
  return (
    <>
      <Options
        legend="Role"
        value={role}
        options={ROLES.map((each) => ({ value: each.role, word: each.word, help: each.help }))}
        fault={roleFault}
        onChange={(next) => onChange({ role: next, teams })}
      />
      {all !== undefined && (all.items.length > 0 || text !== "" || before.length > 0) && (
        <CheckList
          legend="Teams"
          first={text === "" ? before : before.filter(({ id }) => all.items.some((team) => team.id === id))}
          found={all.items}
          more={all.next !== null}
          count={teams.length}
          isChosen={({ id }) => teams.includes(id)}
          text={text}
          onSearch={setText}
          onChange={({ id }, chosen) => onChange({ role, teams: chosen ? [...teams, id] : teams.filter((each) => each !== id) })}
        />
      )}
    </>
  );
}
