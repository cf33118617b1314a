/** The source of a sample search's answer, as text. Pure. */
import type { FoundSamples } from "@/shared/api/types";

/** null: the log was searched, and nothing else was tried. */
export function sourceWords({ source, fallback }: Pick<FoundSamples, "source" | "fallback">): string | null {
  if (source !== "log") return `Answered by search target ${source}.`;
  if (fallback === null) return null;
  return `Read from the result log: ${reason(fallback.code, `search target ${fallback.target}`)}.`;
}

function reason(code: string, target: string): string {
  switch (code) {
    case "search_not_complete":
      return `${target} does not have all samples of this run`;
    case "search_filter_inexact":
      return `${target} cannot apply this filter exactly`;
    case "search_miscounted":
      return `${target} does not have the documents that were counted`;
    case "search_values_not_indexed":
      return `${target} has texts that are too long to be searched`;
    case "search_mapping_differs":
      return `${target} has other field types than JAC's template`;
    case "search_documents_older":
      return `${target} has documents of an older JAC`;
    case "search_timeout":
    case "search_unreachable":
      return `${target} did not answer`;
    default:
      return `${target} could not answer (${code})`;
  }
}
