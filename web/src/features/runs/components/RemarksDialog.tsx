import { useState } from "react";
import { useWatch } from "react-hook-form";
import type { Run } from "@/shared/api/types";
import { TextAreaField, TextField } from "@/shared/forms/fields";
import { useCheckedForm, type Checked, type FieldOf } from "@/shared/forms/useCheckedForm";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Note } from "@/shared/ui/Note";
import { useRemarks } from "../api/useMarkRun";
import { changedRemarks } from "../remarks";

/** Edits the tags and the note of a run. */
export function RemarksDialog({ run, onClose }: { run: Run; onClose: () => void }) {
  const [before] = useState({ tags: run.tags, note: run.note });
  const save = useRemarks(run.id);
  const { form, unplaced } = useCheckedForm({ first: { tags: run.tags.join(", "), note: run.note }, check, sends: save, fieldOf });
  const note = useWatch({ control: form.control, name: "note" });
  const submit = form.handleSubmit((typed) => {
    const changed = changedRemarks(before, run, typed);
    if (changed === null) onClose();
    else if (!save.isPending) save.mutate(changed, { onSuccess: onClose });
  });
  return (
    <Dialog title="Tags and note" onClose={onClose} onSubmit={submit} footer={<DialogButtons onCancel={onClose} action={save.isPending ? "Saving…" : "Save"} disabled={save.isPending} />}>
      <TextField form={form} name="tags" label="Tags" help="Separated by commas, e.g. release 2.4, nightly. Runs can be filtered by tag." />
      <TextAreaField form={form} name="note" label="Note" help="What was special about this run. Everybody who can see the run can read it." rows={5} />
      {run.note !== before.note && note.trim() !== before.note && <Note tone="attention">The note was changed meanwhile: “{run.note}”. Saving replaces it.</Note>}
      {unplaced !== null && <ErrorBox error={unplaced} />}
    </Dialog>
  );
}

interface RemarksForm {
  tags: string;
  note: string;
}

const check = (typed: RemarksForm): Checked<RemarksForm, RemarksForm> => ({ request: typed, faults: {} });

/** All errors of tags are shown at the one field for them. */
const fieldOf: FieldOf<RemarksForm> = ({ field, code }) => (field?.startsWith("/tags") === true ? "tags" : field === "/note" || code === "note_invalid" ? "note" : null);
