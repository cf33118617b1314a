import { useState } from "react";
import { SearchField } from "@/shared/lists/ListFilters";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Options } from "@/shared/ui/Field";
import { Loaded } from "@/shared/ui/Loaded";
import { useTeams } from "./useTeams";

/** More teams are found by typing. */
const MOST_LISTED = 12;

interface Props {
  request: { isPending: boolean; error: Error | null };
  onPick: (team: string) => void;
  onClose: () => void;
}

/** One of many teams, found by its name. */
export function PickTeamDialog({ request, onPick, onClose }: Props) {
  const [text, setText] = useState("");
  const [team, setTeam] = useState("");
  const teams = useTeams(text);
  const submit = () => {
    if (team !== "" && !request.isPending) onPick(team);
  };
  return (
    <Dialog
      title="Share with a team"
      onClose={onClose}
      onSubmit={submit}
      footer={<DialogButtons onCancel={onClose} action={request.isPending ? "Sharing…" : "Share"} disabled={team === "" || request.isPending} />}
    >
      <div className="stack">
        <SearchField label="Search teams" hint="Name" value={text} onChange={setText} />
        <Loaded query={teams} what="Loading teams…">
          {({ items, next }) =>
            items.length === 0 ? (
              <p className="text-muted">No team matches “{text}”.</p>
            ) : (
              <>
                <Options legend="Team" value={team} options={items.slice(0, MOST_LISTED).map(({ id, name }) => ({ value: id, word: name }))} onChange={setTeam} />
                {(next !== null || items.length > MOST_LISTED) && <p className="field-help">There are more teams. Enter part of the name.</p>}
              </>
            )
          }
        </Loaded>
        {request.error !== null && <ErrorBox error={request.error} />}
      </div>
    </Dialog>
  );
}
