import { useState } from "react";
import type { TeamView } from "@/shared/api/types";
import { formatCount } from "@/shared/format/numbers";
import { useTeams } from "@/shared/session/useTeams";
import { DataTable } from "@/shared/tables/DataTable";
import type { Column } from "@/shared/tables/tableRows";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { Empty } from "@/shared/ui/Empty";
import { Icon } from "@/shared/ui/Icon";
import { Loaded } from "@/shared/ui/Loaded";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import { useDeleteTeam } from "../api/teams";
import { TeamDialog } from "./TeamDialog";

type Asked = { what: "create" } | { what: "change" | "delete"; team: TeamView };

/** Teams: their members may change what is shared with them. */
export function TeamsPage() {
  const teams = useTeams();
  const [asked, setAsked] = useState<Asked | null>(null);
  const close = () => setAsked(null);
  const create = (
    <button type="button" className="btn btn-sm btn-primary" onClick={() => setAsked({ what: "create" })}>
      <Icon name="plus" /> New team
    </button>
  );
  const columns: Column<TeamView>[] = [
    { id: "name", name: "Team", main: true, value: (team) => team.name, cell: (team) => team.name },
    { id: "count", name: "Members", numeric: true, value: (team) => team.members.length, cell: (team) => formatCount(team.members.length) },
    {
      id: "members",
      name: "Who",
      clip: true,
      spareBelow: 600,
      value: (team) => team.members.map(({ name }) => name).join(", "),
      cell: (team) => team.members.map(({ name }) => name).join(", ") || <span className="text-faint">nobody</span>,
    },
    {
      id: "actions",
      name: "",
      numeric: true,
      value: () => null,
      cell: (team) => (
        <Menu label={`More about ${team.name}`} quiet floats>
          <MenuItem onSelect={() => setAsked({ what: "change", team })}>Name and members…</MenuItem>
          <MenuItem danger consequence="What is shared with it stays its owners’." onSelect={() => setAsked({ what: "delete", team })}>
            Delete…
          </MenuItem>
        </Menu>
      ),
    },
  ];
  return (
    <>
      <Loaded query={teams} what="Loading teams…">
        {(all) => (
          <DataTable
            cards
            name="teams"
            title="Teams"
            rows={all}
            columns={columns}
            rowKey={(team) => team.id}
            empty={
              <Empty icon="people" title="No teams yet." action={create}>
                Members of a team may change the clusters, plans and runs that are shared with it. Everything else of others is read only.
              </Empty>
            }
            actions={all.length > 0 && create}
          />
        )}
      </Loaded>
      {asked?.what === "create" && <TeamDialog team={null} onClose={close} />}
      {asked?.what === "change" && <TeamDialog team={asked.team} onClose={close} />}
      {asked?.what === "delete" && <DeleteTeam team={asked.team} onClose={close} />}
    </>
  );
}

function DeleteTeam({ team, onClose }: { team: TeamView; onClose: () => void }) {
  const removal = useDeleteTeam(team.id);
  return (
    <ConfirmDialog
      title={`Delete team ${team.name}`}
      cancel="Keep it"
      action="Delete"
      tone="danger"
      request={removal}
      onConfirm={() => removal.mutate(undefined, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>What was shared with it stays with its owners; its members read it from now on. This can’t be undone.</p>
    </ConfirmDialog>
  );
}
