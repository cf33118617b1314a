import { useMutation, useQueryClient } from "@tanstack/react-query";
import { patchJson } from "@/shared/api/client";
import type { Named, Owned } from "@/shared/api/types";
import { Icon } from "@/shared/ui/Icon";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import { useRights, useSession } from "./useSession";
import { useTeams } from "./useTeams";

type Kind = "clusters" | "plans" | "runs" | "schedules";

/** Whose a thing is, and with which team it is shared; its owner chooses the team here. */
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
      {changes ? <TeamMenu kind={kind} thing={thing} teams={choices} /> : thing.team !== null && <>, team {thing.team.name}</>}
    </span>
  );
}

function TeamMenu({ kind, thing, teams }: { kind: Kind; thing: Owned & { id: string }; teams: Named[] }) {
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (team: string | null) => patchJson<unknown>(`/${kind}/${thing.id}/team`, { team }),
    onSuccess: () => client.invalidateQueries({ queryKey: [kind] }),
  });
  const now = thing.team;
  return (
    <>
      <Menu label="Shared with" quiet floats icon="chevron-down" text={now === null ? "no team" : `team ${now.name}`}>
        {teams
          .filter(({ id }) => id !== now?.id)
          .map((team) => (
            <MenuItem key={team.id} disabled={change.isPending} consequence="Its members may change it too." onSelect={() => change.mutate(team.id)}>
              Share with team {team.name}
            </MenuItem>
          ))}
        {now !== null && (
          <MenuItem disabled={change.isPending} consequence="Only the owner and administrators may change it." onSelect={() => change.mutate(null)}>
            Stop sharing with team {now.name}
          </MenuItem>
        )}
      </Menu>
      {change.error !== null && (
        <span role="alert" className="text-failed">
          <Icon name="x-circle" /> {change.error.message}
        </span>
      )}
    </>
  );
}
