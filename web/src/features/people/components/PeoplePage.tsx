import { useState } from "react";
import type { UserView } from "@/shared/api/types";
import { formatAgo, formatDateTime } from "@/shared/format/time";
import type { Facet } from "@/shared/lists/ListFilters";
import { ListTable } from "@/shared/lists/ListTable";
import { useList } from "@/shared/lists/useList";
import { roleWord, ROLES } from "@/shared/session/roles";
import { useSession } from "@/shared/session/useSession";
import type { Column } from "@/shared/tables/tableRows";
import { Chip } from "@/shared/ui/Chip";
import { Icon } from "@/shared/ui/Icon";
import { useAskedFor } from "@/shared/url/useAskedFor";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import { useNow } from "@/shared/ui/useNow";
import { ownsWords, signInWords } from "../personWords";
import { DisableDialog } from "./DisableDialog";
import { InviteDialog } from "./InviteDialog";
import { PersonDialog } from "./PersonDialog";
import { RemoveDialog } from "./RemoveDialog";
import { ResetDialog } from "./ResetDialog";

type Asked = "change" | "reset" | "disable" | "remove";

/** All accounts: invite, role and teams, reset, disable, remove. */
export function PeoplePage() {
  const people = useList<UserView>("people", FACETS);
  const { data: session } = useSession();
  const now = useNow(30_000);
  const [inviting, setInviting] = useAskedFor("invite");
  const [asked, setAsked] = useState<{ what: Asked; person: UserView } | null>(null);
  const me = session?.user.id;
  const close = () => setAsked(null);
  const columns: Column<UserView>[] = [
    {
      id: "name",
      name: "Person",
      main: true,
      value: (person) => person.name,
      cell: (person) => (
        <>
          {person.name} {person.id === me && <span className="text-muted">(you)</span>}
        </>
      ),
    },
    {
      id: "role",
      name: "Role",
      value: (person) => roleWord(person.role),
      cell: (person) =>
        person.disabled === true ? (
          <span title={roleWord(person.role)}>
            <Chip tone="ended" word="disabled" icon="dash-circle" />
          </span>
        ) : (
          roleWord(person.role)
        ),
    },
    {
      id: "teams",
      name: "Teams",
      clip: true,
      wide: true,
      spareBelow: 700,
      value: (person) => person.teams.map(({ name }) => name).join(", "),
      cell: (person) => person.teams.map(({ name }) => name).join(", ") || <span className="text-faint">–</span>,
    },
    { id: "by", name: "Signs in by", spareBelow: 900, value: signInWords, cell: signInWords },
    { id: "owns", name: "Owns", spareBelow: 1240, value: (person) => ownsWords(person.owns), cell: (person) => ownsWords(person.owns) ?? <span className="text-faint">–</span> },
    {
      id: "seen",
      name: "Last seen",
      numeric: true,
      spareBelow: 600,
      value: (person) => person.last_seen_ms,
      cell: (person) => (person.last_seen_ms === null ? <span className="text-faint">never</span> : <span title={formatDateTime(person.last_seen_ms)}>{formatAgo(person.last_seen_ms, now)}</span>),
    },
    { id: "created", name: "Added", numeric: true, optional: true, value: (person) => person.created_ms, cell: (person) => formatDateTime(person.created_ms) },
    {
      id: "actions",
      name: "",
      numeric: true,
      value: () => null,
      cell: (person) => (
        <Menu label={`More about ${person.name}`} quiet>
          <MenuItem onSelect={() => setAsked({ what: "change", person })}>Role and teams…</MenuItem>
          <MenuItem consequence="A one-time link to sign in and set a new password." onSelect={() => setAsked({ what: "reset", person })}>
            Create sign-in link…
          </MenuItem>
          {person.id !== me && (
            <MenuItem
              consequence={person.disabled === true ? "Signing in works again." : "Ends their sessions; tokens stop working. Runs continue."}
              onSelect={() => setAsked({ what: "disable", person })}
            >
              {person.disabled === true ? "Enable…" : "Disable…"}
            </MenuItem>
          )}
          {person.id !== me && (
            <MenuItem danger consequence="You choose what becomes of what they own." onSelect={() => setAsked({ what: "remove", person })}>
              Remove…
            </MenuItem>
          )}
        </Menu>
      ),
    },
  ];
  return (
    <>
      <ListTable
        name="people"
        title="People"
        {...people}
        orders={ORDERS}
        searches="Name"
        unowned
        columns={columns}
        rowKey={(person) => person.id}
        empty="Nobody has an account."
        actions={
          <button type="button" className="btn btn-sm btn-primary" onClick={() => setInviting(true)}>
            <Icon name="plus" /> Invite
          </button>
        }
      />
      {inviting && <InviteDialog onClose={() => setInviting(false)} />}
      {asked?.what === "change" && <PersonDialog person={asked.person} onClose={close} />}
      {asked?.what === "reset" && <ResetDialog person={asked.person} onClose={close} />}
      {asked?.what === "disable" && <DisableDialog person={asked.person} onClose={close} />}
      {asked?.what === "remove" && <RemoveDialog person={asked.person} onClose={close} />}
    </>
  );
}

const ORDERS = { name: "name", seen: "last_seen", created: "created" };
const FACETS: Facet[] = [
  { name: "role", label: "Role", options: ROLES.map(({ role, word }) => ({ value: role, word })) },
  {
    name: "state",
    label: "State",
    options: [
      { value: "active", word: "Active" },
      { value: "disabled", word: "Disabled" },
    ],
  },
];
