import { useState } from "react";
import type { TeamView } from "@/shared/api/types";
import { formatCount } from "@/shared/format/numbers";
import { isUnfiltered } from "@/shared/lists/listState";
import { ListTable } from "@/shared/lists/ListTable";
import { useList } from "@/shared/lists/useList";
import type { Column } from "@/shared/tables/tableRows";
import { RemovalDialog } from "@/shared/ui/RemovalDialog";
import { Empty } from "@/shared/ui/Empty";
import { Icon } from "@/shared/ui/Icon";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import { useDeleteTeam } from "../api/teams";
import { TeamDialog } from "./TeamDialog";

type Asked = { what: "create" } | { what: "change" | "delete"; team: TeamView };

/** Teams: their members may change what is shared with them. */
export function TeamsPage() {
  const teams = useList<TeamView>("teams");
  const isEmpty = teams.pages.rows?.length === 0 && isUnfiltered(teams.state);
  const [asked, setAsked] = useState<Asked | null>(null);
  const close = () => setAsked(null);
  const create = (
    <button type="button" className="btn btn-sm btn-primary" onClick={() => setAsked({ what: "create" })}>
      <Icon name="plus" /> New team
    </button>
  );
  const columns: Column<TeamView>[] = [
    { id: "name", name: "Team", main: true, value: (team) => team.name, cell: (team) => team.name },
    { id: "count", name: "Members", numeric: true, value: (team) => team.member_count, cell: (team) => formatCount(team.member_count) },
    {
      id: "members",
      name: "Who",
      clip: true,
      wide: true,
      spareBelow: 600,
      value: memberWords,
      cell: (team) => memberWords(team) || <span className="text-faint">nobody</span>,
    },
    {
      id: "actions",
      name: "",
      numeric: true,
      value: () => null,
      cell: (team) => (
        <Menu label={`More about ${team.name}`} quiet>
          <MenuItem onSelect={() => setAsked({ what: "change", team })}>Name and members…</MenuItem>
          <MenuItem danger consequence="Shared items stay with their owners." onSelect={() => setAsked({ what: "delete", team })}>
            Delete…
          </MenuItem>
        </Menu>
      ),
    },
  ];
  return (
    <>
      <ListTable
        name="teams"
        title="Teams"
        {...teams}
        orders={ORDERS}
        searches="Name"
        unowned
        columns={columns}
        rowKey={(team) => team.id}
        empty={
          <Empty icon="people" title="No teams yet." action={create}>
            Members of a team may change the clusters, plans and runs that are shared with it. Other people’s items are otherwise read-only.
          </Empty>
        }
        actions={!isEmpty && create}
      />
      {asked?.what === "create" && <TeamDialog team={null} onClose={close} />}
      {asked?.what === "change" && <TeamDialog team={asked.team} onClose={close} />}
      {asked?.what === "delete" && <DeleteTeam team={asked.team} onClose={close} />}
    </>
  );
}

/** Names of members; if there are many, only some. */
function memberWords({ members, member_count: count }: TeamView): string {
  const names = members.map(({ name }) => name).join(", ");
  return count > members.length ? `${names}, …` : names;
}

const ORDERS = { name: "name" };

function DeleteTeam({ team, onClose }: { team: TeamView; onClose: () => void }) {
  const removal = useDeleteTeam(team.id);
  return (
    <RemovalDialog verb="Delete" what={`team ${team.name}`} request={removal} onConfirm={() => removal.mutate(undefined, { onSuccess: onClose })} onClose={onClose}>
      <p>Shared items stay with their owners; the team’s members can then only read them.</p>
    </RemovalDialog>
  );
}
