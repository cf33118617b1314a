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

/** The longest part of a group's message that every sample of it has: ids, numbers and addresses are folded to #, and a long one is cut at its end. */
export function wordsOf(message: string): string {
  return message
    .split(/[#…]/)
    .map((part) => part.trim())
    .reduce((longest, part) => (part.length > longest.length ? part : longest), "");
}
