import { useState } from "react";
import type { UserView } from "@/shared/api/types";
import { PickPerson } from "@/shared/session/PickPerson";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { refusalAt } from "@/shared/ui/refusal";
import { useRemovePerson } from "../api/people";
import { ownsWords } from "../personWords";

/** Removes an account. Nothing is orphaned: somebody gets what they owned, or their clusters are terminated. */
export function RemoveDialog({ person, onClose }: { person: UserView; onClose: () => void }) {
  const [to, setTo] = useState("");
  const removal = useRemovePerson(person.id);
  const owns = ownsWords(person.owns);
  const refused = refusalAt(removal.error, "/to", "heir_invalid");
  return (
    <ConfirmDialog
      title={`Remove ${person.name}`}
      cancel="Keep them"
      action="Remove"
      busy="Removing…"
      tone="danger"
      request={refused === undefined ? removal : { ...removal, error: null }}
      onConfirm={() => removal.mutate(to === "" ? null : to, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>Ends their sessions, tokens and share links, and deletes their credentials. This can’t be undone.</p>
      {owns === null ? (
        <p>{person.name} owns nothing.</p>
      ) : (
        <>
          <p>
            {person.name} owns {owns}.
          </p>
          <PickPerson
            label="Hand over to"
            none="Nobody: terminate their clusters"
            value={to}
            search={ACTIVE}
            accepts={({ id, role }) => id !== person.id && role !== "viewer"}
            fault={refused}
            help={(heir) => (heir === undefined ? "Their clusters are terminated, runs on them are stopped; plans and runs become yours." : `${heir.name} gets their clusters, plans and runs.`)}
            onChange={setTo}
          />
        </>
      )}
    </ConfirmDialog>
  );
}

const ACTIVE = { state: "active" };
