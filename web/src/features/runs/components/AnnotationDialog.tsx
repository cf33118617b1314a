import { useState } from "react";
import type { Annotation } from "@/shared/api/types";
import { fromLocalInput, toLocalInput, zoneWords } from "@/shared/format/time";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Field } from "@/shared/ui/Field";
import { RemovalDialog } from "@/shared/ui/RemovalDialog";
import { refusalAt } from "@/shared/ui/refusal";
import { useAnnotate, useRemoveAnnotation } from "../api/useAnnotations";

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
  const [text, setText] = useState(known?.text ?? "");
  const [time, setTime] = useState(toLocalInput(first));
  const save = useAnnotate(run, known?.id ?? null);
  const removal = useRemoveAnnotation(run, known?.id ?? "");
  const [removes, setRemoves] = useState(false);
  // Unchanged unless edited: the field has no milliseconds.
  const at_ms = time === toLocalInput(first) ? first : fromLocalInput(time);
  const textFault = refusalAt(save.error, "/text");
  const timeFault = at_ms === null ? "Enter a date and a time." : refusalAt(save.error, "/at_ms");
  const submit = () => {
    if (at_ms !== null && !save.isPending) save.mutate({ at_ms, text }, { onSuccess: onClose });
  };
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
      <Field label="Text" help="What happened, e.g. deployed 2.4. Everybody who can see the run can read it." fault={textFault}>
        {(attributes) => <input {...attributes} type="text" autoComplete="off" maxLength={200} value={text} onChange={(event) => setText(event.target.value)} />}
      </Field>
      <Field label="Time" help={`In ${zoneWords(first)}.`} fault={timeFault}>
        {(attributes) => <input {...attributes} type="datetime-local" step={1} value={time} onChange={(event) => setTime(event.target.value)} />}
      </Field>
      {save.error !== null && textFault === undefined && timeFault === undefined && <ErrorBox error={save.error} />}
    </Dialog>
  );
}
