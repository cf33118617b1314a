import type { ReactNode } from "react";
import type { Cause, Message, Summary } from "@/shared/api/types";
import { plural } from "@/shared/format/numbers";
import { Note } from "@/shared/ui/Note";
import { causeSentence } from "../runWords";

interface Props {
  summary: Summary | null;
  cause: Cause | null;
  notes: Message[];
  /** Collapses all notes that do not fail the run into one line: used next to live figures. */
  folded?: boolean;
}

interface Shown {
  tone: "failed" | "attention" | "info";
  text: ReactNode;
}

/** Notes that explain figures without putting them in doubt. */
const EXPLAINS = ["transactions_not_in_total"];

/** What a reader must know before trusting the figures: why the run ended early, what was lost, what the total consists of. */
export function Notes({ summary, cause, notes, folded = false }: Props) {
  const shown = [...ofCause(summary, cause), ...ofSummary(summary), ...notes.map(ofServer)];
  const open = shown.filter(({ tone }) => !folded || tone === "failed");
  const behind = shown.filter((note) => !open.includes(note));
  return (
    <>
      {open.map(({ tone, text }, index) => (
        <Note key={index} tone={tone}>
          {text}
        </Note>
      ))}
      {behind.length > 0 && <Folded notes={behind} />}
    </>
  );
}

/** A single note is shown expanded; of several, the most severe and their number. */
function Folded({ notes }: { notes: Shown[] }) {
  const first = notes.find(({ tone }) => tone === "attention") ?? notes[0];
  if (first === undefined) return null;
  if (notes.length === 1) return <Note tone={first.tone}>{first.text}</Note>;
  return (
    <details className={`note note-${first.tone} notes-folded`}>
      <summary>
        <strong>{plural(notes.length, "note")}</strong> <span>{first.text}</span>
      </summary>
      <ul>
        {notes.map(({ text }, index) => (
          <li key={index}>{text}</li>
        ))}
      </ul>
    </details>
  );
}

function ofCause(summary: Summary | null, cause: Cause | null): Shown[] {
  const partial = summary?.partial ?? null;
  // For these causes the server includes the cause in the sentence about the partial result.
  const saidAbove = cause?.kind === "failed" || cause?.kind === "auto_stopped";
  const shown: Shown[] = [];
  if (cause?.kind === "failed") {
    shown.push({
      tone: "failed",
      text: (
        <>
          <strong>{causeSentence(cause, summary?.start_ms ?? null)}</strong> {cause.lost?.message}
        </>
      ),
    });
  }
  if (cause?.kind === "auto_stopped") shown.push({ tone: "failed", text: causeSentence(cause, summary?.start_ms ?? null) });
  if (cause?.kind === "stopped" && partial === null) shown.push({ tone: "info", text: causeSentence(cause, summary?.start_ms ?? null) });
  if (partial !== null && !saidAbove) shown.push({ tone: "attention", text: `Partial result: ${partial.cause}` });
  return shown;
}

function ofSummary(summary: Summary | null): Shown[] {
  if (summary === null) return [];
  const shown: Shown[] = [];
  if (summary.total_basis === "transactions") shown.push({ tone: "info", text: "All rows of this log are transactions: the total and the charts count transactions, not single samples." });
  if (summary.rejected_rows > 0 && !summary.notes.some(({ code }) => code === "rows_unread")) {
    shown.push({ tone: "attention", text: `${plural(summary.rejected_rows, "row")} could not be parsed and ${summary.rejected_rows === 1 ? "is" : "are"} not counted.` });
  }
  return shown;
}

function ofServer({ code, message }: Message): Shown {
  return { tone: EXPLAINS.includes(code) ? "info" : "attention", text: message };
}
