import { Icon } from "@/shared/ui/Icon";
import type { SampleWhere, ShowSamples } from "../sampleWhere";

/** Leads from a table's row to its single samples. */
export function SamplesButton({ show, where }: { show: ShowSamples; where: SampleWhere }) {
  return (
    <button type="button" className="btn btn-quiet row-action" title="Show samples" aria-label={`Show samples of ${where.label ?? where.code ?? "this"}`} onClick={() => show(where)}>
      <Icon name="search" />
    </button>
  );
}

/** The part of a group's message that every sample of it has: a long one was cut, and the cut is marked. */
export function wordsOf(message: string): string {
  return message.endsWith("…") ? message.slice(0, -1) : message;
}
