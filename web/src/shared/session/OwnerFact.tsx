import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { patchJson } from "@/shared/api/client";
import type { Named, Owned } from "@/shared/api/types";
import { Icon } from "@/shared/ui/Icon";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import { PickTeamDialog } from "./PickTeamDialog";
import { useRights, useSession } from "./useSession";
import { useTeams } from "./useTeams";

/** If there are more teams, they are found by name instead of in a menu. */
const MOST_IN_MENU = 12;

type Kind = "clusters" | "plans" | "runs" | "schedules";

/** The owner of an object, and the team that it is shared with; the owner chooses the team here. */
export function OwnerFact({ kind, thing }: { kind: Kind; thing: Owned & { id: string } }) {
  const { mayShareWithTeam, may } = useRights();
  const { data: session } = useSession();
  const teams = useTeams("", may("manage_people"));
  const own = session?.user.teams ?? [];
  const choices = may("manage_people") ? (teams.data?.items ?? own) : own;
  const changes = mayShareWithTeam(thing) && (choices.length > 0 || thing.team !== null);
  return (
    <span className="owner-fact">
      {thing.owner.name}
      {changes ? <TeamMenu kind={kind} thing={thing} teams={choices} more={teams.data?.next != null} /> : thing.team !== null && <>, team {thing.team.name}</>}
    </span>
  );
}

function TeamMenu({ kind, thing, teams, more }: { kind: Kind; thing: Owned & { id: string }; teams: Named[]; more: boolean }) {
  const client = useQueryClient();
  const [picks, setPicks] = useState(false);
  const change = useMutation({
    mutationFn: (team: string | null) => patchJson<unknown>(`/${kind}/${thing.id}/team`, { team }),
    onSuccess: () => client.invalidateQueries({ queryKey: [kind] }),
  });
  const now = thing.team;
  const others = teams.filter(({ id }) => id !== now?.id);
  return (
    <>
      <Menu label="Shared with" quiet icon="chevron-down" text={now === null ? "no team" : `team ${now.name}`}>
        {others.slice(0, MOST_IN_MENU).map((team) => (
          <MenuItem key={team.id} disabled={change.isPending} consequence="Its members may change it too." onSelect={() => change.mutate(team.id)}>
            Share with team {team.name}
          </MenuItem>
        ))}
        {(more || others.length > MOST_IN_MENU) && (
          <MenuItem disabled={change.isPending} consequence="Search teams by name." onSelect={() => setPicks(true)}>
            Share with another team…
          </MenuItem>
        )}
        {now !== null && (
          <MenuItem disabled={change.isPending} consequence="Only the owner and administrators may change it." onSelect={() => change.mutate(null)}>
            Stop sharing with team {now.name}
          </MenuItem>
        )}
      </Menu>
      {picks && <PickTeamDialog request={change} onPick={(team) => change.mutate(team, { onSuccess: () => setPicks(false) })} onClose={() => setPicks(false)} />}
      {change.error !== null && !picks && (
        <span role="alert" className="text-failed">
          <Icon name="x-circle" /> {change.error.message}
        </span>
      )}
    </>
  );
}
