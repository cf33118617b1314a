import { useState } from "react";
import type { UserView } from "@/shared/api/types";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { Field } from "@/shared/ui/Field";
import { refusalAt } from "@/shared/ui/refusal";
import { useRemovePerson } from "../api/people";
import { ownsWords } from "../personWords";

/** Removes an account. Nothing is orphaned: somebody gets what they owned, or their clusters are terminated. */
export function RemoveDialog({ person, people, onClose }: { person: UserView; people: UserView[]; onClose: () => void }) {
  const [to, setTo] = useState("");
  const removal = useRemovePerson(person.id);
  const owns = ownsWords(person.owns);
  const refused = refusalAt(removal.error, "/to", "heir_invalid");
  const heirs = people.filter((each) => each.id !== person.id && each.disabled !== true && each.role !== "viewer");
  const heir = heirs.find(({ id }) => id === to);
  return (
    <ConfirmDialog
      title={`Remove ${person.name}`}
      cancel="Keep them"
      action="Remove"
      busy="Removing…"
      tone="danger"
      request={refused === undefined ? removal : { ...removal, error: null }}
      onConfirm={() => removal.mutate(heir?.id ?? null, { onSuccess: onClose })}
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
          <Field
            label="Hand over to"
            fault={refused}
            help={heir === undefined ? "Their clusters are terminated, runs on them are stopped; plans and runs become yours." : `${heir.name} gets their clusters, plans and runs.`}
          >
            {(attributes) => (
              <select {...attributes} className="form-select" value={to} onChange={({ target }) => setTo(target.value)}>
                <option value="">Nobody: terminate their clusters</option>
                {heirs.map((each) => (
                  <option key={each.id} value={each.id}>
                    {each.name}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </>
      )}
    </ConfirmDialog>
  );
}
