/** What a change is called and how it looks: the only place that decides it. */
import type { Change, Comparison, LineComparison } from "@/shared/api/types";
import type { ChipLook } from "@/shared/ui/Chip";

const LOOKS: Record<Change, ChipLook> = {
  worse: { tone: "failed", word: "worse", icon: "x-circle" },
  mixed: { tone: "attention", word: "mixed", icon: "info-circle" },
  better: { tone: "good", word: "better", icon: "check-circle" },
  unclear: { tone: "attention", word: "inconclusive", icon: "info-circle" },
  same: { tone: "ended", word: "no change", icon: "dash-circle" },
};

/** What has to be looked at first. */
export const CHANGES: Change[] = ["worse", "mixed", "better", "unclear", "same"];

export function changeChip(change: Change): ChipLook {
  return LOOKS[change];
}

/** The labels that changed first, worse before better; among equals as they come. */
export function byImportance(lines: LineComparison[]): LineComparison[] {
  return [...lines].sort((a, b) => CHANGES.indexOf(a.change) - CHANGES.indexOf(b.change));
}

export function isChange(line: LineComparison): boolean {
  return line.change === "worse" || line.change === "mixed" || line.change === "better";
}

/** How many labels came to what, those that there are: `3 worse, 1 better, 8 same`. */
export function countChanges(comparison: Comparison): { change: Change; count: number }[] {
  return CHANGES.map((change) => ({ change, count: comparison.labels.filter((line) => line.change === change).length })).filter((each) => each.count > 0);
}

/** The pair in a word: nothing is called fine of which the total says nothing. */
export function outcomeOf(comparison: Pick<Comparison, "worse" | "total" | "labels">): "none" | "worse" | "unclear" | "fine" {
  // Totals over different requests say nothing about each other.
  if (comparison.labels.length === 0) return "none";
  if (comparison.worse) return "worse";
  return comparison.total.change === "unclear" ? "unclear" : "fine";
}

/** Is this number one of those that made the line a change? The sentence names them. */
export function isNamed(line: LineComparison, word: string): boolean {
  return isChange(line) && line.sentence.split(/, |; |worse: |better: /).some((part) => part.startsWith(`${word} `));
}

/** The sentence with the arrow that the numbers beside it have. */
export function shownSentence(line: LineComparison): string {
  return line.sentence.replaceAll("->", "→");
}
