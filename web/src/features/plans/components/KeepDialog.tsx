import { useState } from "react";
import { ApiError } from "@/shared/api/client";
import type { Plan } from "@/shared/api/types";
import { mergedList } from "@/shared/lists/mergedList";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Field } from "@/shared/ui/Field";
import { useKeepFiles } from "../api/useKeepFiles";

/** Patterns of the files that the plan writes and that are kept for each run. */
export function KeepDialog({ plan, onClose }: { plan: Plan; onClose: () => void }) {
  const [before] = useState(plan.keep);
  const [text, setText] = useState(plan.keep.join("\n"));
  const save = useKeepFiles(plan.id);
  const fault = save.error instanceof ApiError && save.error.faults.length > 0 ? save.error.faults.map(({ message }) => message).join(" ") : undefined;
  const submit = () => {
    if (!save.isPending)
      save.mutate(
        mergedList(
          before,
          plan.keep,
          text.split("\n").filter((line) => line.trim() !== ""),
        ),
        { onSuccess: onClose },
      );
  };
  return (
    <Dialog title="Files to keep" onClose={onClose} onSubmit={submit} footer={<DialogButtons onCancel={onClose} action={save.isPending ? "Saving…" : "Save"} disabled={save.isPending} />}>
      <p className="mb-3">Files that the plan writes while it runs. After each run they are collected from every node and listed with the run’s files.</p>
      <Field label="Patterns" help="One per line, relative to the folder of the .jmx: *.csv, screens/**/*.png. Empty: nothing is kept." fault={fault}>
        {(attributes) => <textarea {...attributes} rows={4} spellCheck={false} autoComplete="off" value={text} onChange={(event) => setText(event.target.value)} />}
      </Field>
      {save.error !== null && fault === undefined && <ErrorBox error={save.error} />}
    </Dialog>
  );
}
