import { useState } from "react";
import { ApiError } from "@/shared/api/client";
import type { Run } from "@/shared/api/types";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Field } from "@/shared/ui/Field";
import { Note } from "@/shared/ui/Note";
import { refusalAt } from "@/shared/ui/refusal";
import { useRemarks } from "../api/useMarkRun";
import { changedRemarks } from "../remarks";

/** Edits the tags and the note of a run. */
export function RemarksDialog({ run, onClose }: { run: Run; onClose: () => void }) {
  const [before] = useState({ tags: run.tags, note: run.note });
  const [tags, setTags] = useState(run.tags.join(", "));
  const [note, setNote] = useState(run.note);
  const save = useRemarks(run.id);
  const tagFault = tagRefusal(save.error);
  const noteFault = refusalAt(save.error, "/note", "note_invalid");
  const submit = () => {
    const changed = changedRemarks(before, run, { tags, note });
    if (changed === null) onClose();
    else if (!save.isPending) save.mutate(changed, { onSuccess: onClose });
  };
  return (
    <Dialog title="Tags and note" onClose={onClose} onSubmit={submit} footer={<DialogButtons onCancel={onClose} action={save.isPending ? "Saving…" : "Save"} disabled={save.isPending} />}>
      <Field label="Tags" help="Separated by commas, e.g. release 2.4, nightly. Runs can be filtered by tag." fault={tagFault}>
        {(attributes) => <input {...attributes} type="text" autoComplete="off" value={tags} onChange={(event) => setTags(event.target.value)} />}
      </Field>
      <Field label="Note" help="What was special about this run. Everybody who can see the run can read it." fault={noteFault}>
        {(attributes) => <textarea {...attributes} rows={5} value={note} onChange={(event) => setNote(event.target.value)} />}
      </Field>
      {run.note !== before.note && note.trim() !== before.note && <Note tone="attention">The note was changed meanwhile: “{run.note}”. Saving replaces it.</Note>}
      {save.error !== null && tagFault === undefined && noteFault === undefined && <ErrorBox error={save.error} />}
    </Dialog>
  );
}

/** All errors of tags are shown at the one field for them. */
function tagRefusal(error: Error | null): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const faults = error.faults.filter(({ field }) => field === "/tags" || field?.startsWith("/tags/") === true);
  return faults.length === 0 ? undefined : [...new Set(faults.map(({ message }) => message))].join(" ");
}
