import { useState } from "react";
import type { Plan } from "@/shared/api/types";
import { TextAreaField } from "@/shared/forms/fields";
import { useCheckedForm, type Checked, type FieldOf } from "@/shared/forms/useCheckedForm";
import { mergedList } from "@/shared/lists/mergedList";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { useKeepFiles } from "../api/useKeepFiles";

/** Patterns of the files that the plan writes and that are kept for each run. */
export function KeepDialog({ plan, onClose }: { plan: Plan; onClose: () => void }) {
  const [before] = useState(plan.keep);
  const save = useKeepFiles(plan.id);
  const { form, unplaced } = useCheckedForm({ first: { patterns: plan.keep.join("\n") }, check, sends: save, fieldOf });
  const submit = form.handleSubmit(({ patterns }) => {
    if (!save.isPending) save.mutate(mergedList(before, plan.keep, patterns), { onSuccess: onClose });
  });
  return (
    <Dialog title="Files to keep" onClose={onClose} onSubmit={submit} footer={<DialogButtons onCancel={onClose} action={save.isPending ? "Saving…" : "Save"} disabled={save.isPending} />}>
      <p className="mb-3">Files that the plan writes while it runs. After each run they are collected from every node and listed with the run’s files.</p>
      <TextAreaField
        form={form}
        name="patterns"
        label="Patterns"
        help="One per line, relative to the folder of the .jmx: *.csv, screens/**/*.png. Empty: nothing is kept."
        rows={4}
        spellCheck={false}
      />
      {unplaced !== null && <ErrorBox error={unplaced} />}
    </Dialog>
  );
}

interface KeepForm {
  patterns: string;
}

function check({ patterns }: KeepForm): Checked<KeepForm, { patterns: string[] }> {
  return { request: { patterns: patterns.split("\n").filter((line) => line.trim() !== "") }, faults: {} };
}

/** Each error of a pattern is about the one field. */
const fieldOf: FieldOf<KeepForm> = ({ field }) => (field === null ? null : "patterns");
