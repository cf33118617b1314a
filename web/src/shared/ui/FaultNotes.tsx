import { Note } from "./Note";

/** Refusals that stand beside no field of a form, each a sentence. */
export function FaultNotes({ faults }: { faults: string[] }) {
  return faults.map((fault) => (
    <Note key={fault} tone="failed">
      {fault}
    </Note>
  ));
}
