import type { Role } from "@/shared/api/types";
import { ROLES } from "@/shared/session/roles";
import { useTeams } from "@/shared/session/useTeams";
import { Options } from "@/shared/ui/Field";
import { CheckList } from "./CheckList";

interface Props {
  role: Role;
  teams: string[];
  roleFault?: string | undefined;
  onChange: (change: { role: Role; teams: string[] }) => void;
}

/** What an invitation and a change of a person have in common. */
export function PersonFields({ role, teams, roleFault, onChange }: Props) {
  const all = useTeams();
  return (
    <>
      <Options
        legend="Role"
        value={role}
        options={ROLES.map((each) => ({ value: each.role, word: each.word, help: each.help }))}
        fault={roleFault}
        onChange={(next) => onChange({ role: next, teams })}
      />
      {all.data !== undefined && all.data.length > 0 && <CheckList legend="Teams" options={all.data} chosen={teams} onChange={(next) => onChange({ role, teams: next })} />}
    </>
  );
}
