import { Note } from "./Note";

/** Errors without a field in the form, each as a sentence. */
export function FaultNotes({ faults }: { faults: string[] }) {
  return faults.map((fault) => (
    <Note key={fault} tone="failed">
      {fault}
    </Note>
  ));
}
