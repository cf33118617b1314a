import { useState } from "react";
import type { Annotation } from "@/shared/api/types";
import { TextField } from "@/shared/forms/fields";
import { fieldsAt, useCheckedForm, type Checked } from "@/shared/forms/useCheckedForm";
import { fromLocalInput, toLocalInput, zoneWords } from "@/shared/format/time";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { RemovalDialog } from "@/shared/ui/RemovalDialog";
import { useAnnotate, useRemoveAnnotation, type NewAnnotation } from "../api/useAnnotations";

interface Props {
  run: string;
  /** The annotation to edit, or the time of a new one. */
  of: Annotation | number;
  onClose: () => void;
}

/** An annotation: a text at a time of a run. */
export function AnnotationDialog({ run, of, onClose }: Props) {
  const known = typeof of === "number" ? null : of;
  const first = typeof of === "number" ? of : of.at_ms;
  const save = useAnnotate(run, known?.id ?? null);
  const removal = useRemoveAnnotation(run, known?.id ?? "");
  const [removes, setRemoves] = useState(false);
  const { form, unplaced } = useCheckedForm({
    first: { text: known?.text ?? "", time: toLocalInput(first) },
    check: ({ text, time }: AnnotationForm): Checked<AnnotationForm, NewAnnotation> => {
      // Unchanged unless edited: the field has no milliseconds.
      const at_ms = time === toLocalInput(first) ? first : fromLocalInput(time);
      return at_ms === null ? { request: null, faults: { time: "Enter a date and a time." } } : { request: { at_ms, text }, faults: {} };
    },
    sends: save,
    fieldOf,
  });
  const submit = form.handleSubmit((annotation) => {
    if (!save.isPending) save.mutate(annotation, { onSuccess: onClose });
  });
  if (removes) {
    return (
      <RemovalDialog verb="Remove" what={`“${known?.text ?? ""}”`} request={removal} onConfirm={() => removal.mutate(undefined, { onSuccess: onClose })} onClose={() => setRemoves(false)}>
        <p>The annotation is removed from the charts and from the report.</p>
      </RemovalDialog>
    );
  }
  return (
    <Dialog
      title={known === null ? "Annotate the charts" : "Annotation"}
      onClose={onClose}
      onSubmit={submit}
      footer={
        <>
          {known !== null && (
            <button type="button" className="btn btn-outline-danger me-auto" onClick={() => setRemoves(true)}>
              Remove…
            </button>
          )}
          <DialogButtons onCancel={onClose} action={save.isPending ? "Saving…" : "Save"} disabled={save.isPending} />
        </>
      }
    >
      <TextField form={form} name="text" label="Text" help="What happened, e.g. deployed 2.4. Everybody who can see the run can read it." maxLength={200} spellCheck />
      <TextField form={form} name="time" label="Time" help={`In ${zoneWords(first)}.`} type="datetime-local" step={1} />
      {unplaced !== null && <ErrorBox error={unplaced} />}
    </Dialog>
  );
}

interface AnnotationForm {
  text: string;
  time: string;
}

const fieldOf = fieldsAt<AnnotationForm>({ "/text": "text", "/at_ms": "time" });
