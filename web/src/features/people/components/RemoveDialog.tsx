import { useState } from "react";
import type { UserView } from "@/shared/api/types";
import { fieldsAt, placedFaults } from "@/shared/forms/useCheckedForm";
import { PickPerson } from "@/shared/session/PickPerson";
import { RemovalDialog } from "@/shared/ui/RemovalDialog";
import { useRemovePerson } from "../api/people";
import { ownsWords } from "../personWords";

/** Removes an account. Another user gets what it owned, or its clusters are terminated, so nothing is orphaned. */
export function RemoveDialog({ person, onClose }: { person: UserView; onClose: () => void }) {
  const [to, setTo] = useState("");
  const removal = useRemovePerson(person.id);
  const owns = ownsWords(person.owns);
  const refused = placedFaults(removal.error, fieldOf)?.to;
  return (
    <RemovalDialog
      verb="Remove"
      what={person.name}
      request={refused === undefined ? removal : { ...removal, error: null }}
      onConfirm={() => removal.mutate(to === "" ? null : to, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>Ends their sessions, tokens and share links, and deletes their credentials.</p>
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
    </RemovalDialog>
  );
}

const fieldOf = fieldsAt<{ to: string }>({ "/to": "to" }, { heir_invalid: "to" });
const ACTIVE = { state: "active" };
