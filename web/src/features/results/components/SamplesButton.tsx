import { Icon } from "@/shared/ui/Icon";
import type { SampleWhere, ShowSamples } from "../sampleWhere";

/** Links from a table's row to its samples. */
export function SamplesButton({ show, where }: { show: ShowSamples; where: SampleWhere }) {
  return (
    <button type="button" className="btn btn-quiet row-action" title="Show samples" aria-label={`Show samples of ${where.label ?? where.code ?? "this"}`} onClick={() => show(where)}>
      <Icon name="search" />
    </button>
  );
}

/** The longest part of a group's message that all its samples have: IDs, numbers and addresses are replaced by #, and a long message is truncated. */
export function wordsOf(message: string): string {
  return message
    .split(/[#…]/)
    .map((part) => part.trim())
    .reduce((longest, part) => (part.length > longest.length ? part : longest), "");
}
