import type { Cause, Message, Summary } from "@/shared/api/types";
import { plural } from "@/shared/format/numbers";
import { Note } from "@/shared/ui/Note";
import { causeSentence } from "../runWords";

interface Props {
  summary: Summary | null;
  cause: Cause | null;
  notes: Message[];
}

/** Notes that explain the numbers and put none of them in doubt. */
const EXPLAINS = ["transactions_not_in_total"];

/** Everything that a reader must know before believing a number: why it ended early, what was lost, what the total is made of. */
export function Notes({ summary, cause, notes }: Props) {
  const partial = summary?.partial ?? null;
  const known = summary?.notes ?? [];
  // Of these the server makes the sentence about the part from the cause itself.
  const saidAbove = cause?.kind === "failed" || cause?.kind === "auto_stopped";
  return (
    <>
      {cause?.kind === "failed" && (
        <Note tone="failed">
          <strong>{causeSentence(cause)}</strong> {cause.lost?.message}
        </Note>
      )}
      {cause?.kind === "auto_stopped" && <Note tone="failed">{causeSentence(cause)}</Note>}
      {cause?.kind === "stopped" && partial === null && <Note tone="info">{causeSentence(cause)}</Note>}
      {partial !== null && !saidAbove && <Note tone="attention">Partial result: {partial.cause}</Note>}
      {summary?.total_basis === "transactions" && <Note tone="info">All rows of this log are transactions: the total and the charts count transactions, not single samples.</Note>}
      {summary !== null && summary.rejected_rows > 0 && !known.some(({ code }) => code === "rows_unread") && (
        <Note tone="attention">
          {plural(summary.rejected_rows, "row")} could not be parsed and {summary.rejected_rows === 1 ? "is" : "are"} not counted.
        </Note>
      )}
      {notes.map((note) => (
        <Note key={note.message} tone={EXPLAINS.includes(note.code) ? "info" : "attention"}>
          {note.message}
        </Note>
      ))}
    </>
  );
}
