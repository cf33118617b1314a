/** Text and colour of a change; no other code decides these. */
import type { Change, ChangedMetric, Comparison, ComparisonOutcome, LineComparison } from "@/shared/api/types";
import { beforeAfter, changePercent, formatChange, METRIC_WORDS } from "@/shared/format/change";
import { formatRate, splitMs, splitPercent } from "@/shared/format/numbers";
import type { ChipLook } from "@/shared/ui/Chip";

const LOOKS: Record<Change, ChipLook> = {
  worse: { tone: "failed", word: "worse", icon: "x-circle" },
  mixed: { tone: "attention", word: "mixed", icon: "info-circle" },
  better: { tone: "good", word: "better", icon: "check-circle" },
  unclear: { tone: "attention", word: "inconclusive", icon: "info-circle" },
  same: { tone: "ended", word: "no change", icon: "dash-circle" },
};

/** The most important changes. */
export const CHANGES: Change[] = ["worse", "mixed", "better", "unclear", "same"];

export function changeChip(change: Change): ChipLook {
  return LOOKS[change];
}

/** Labels with changes first, worse before better; otherwise in their order. */
export function byImportance(lines: LineComparison[]): LineComparison[] {
  return [...lines].sort((a, b) => CHANGES.indexOf(a.change) - CHANGES.indexOf(b.change));
}

export function isChange(line: LineComparison): boolean {
  return line.change === "worse" || line.change === "mixed" || line.change === "better";
}

/** The number of labels per result: `3 worse, 1 better, 8 same`. */
export function countChanges(comparison: Comparison): { change: Change; count: number }[] {
  return CHANGES.map((change) => ({ change, count: comparison.labels.filter((line) => line.change === change).length })).filter((each) => each.count > 0);
}

/** The reason for a line's result, with numbers formatted as on the page; the server's sentence if the reason has no numbers. */
export function lineSentence({ change, changed, sentence }: Pick<LineComparison, "change" | "changed" | "sentence">): string {
  const words = (worse: boolean) =>
    changed
      .filter((number) => number.worse === worse)
      .map(numberWords)
      .join(", ");
  if (changed.length === 0) return sentence;
  return change === "mixed" ? `worse: ${words(true)}; better: ${words(false)}` : words(change === "worse");
}

/** `p95 812 → 1,020 ms (+25.6 %)`. */
function numberWords({ metric, before, after }: LineComparison["changed"][number]): string {
  const name = METRIC_WORDS[metric];
  if (metric === "error_percent") return `${name} ${beforeAfter(splitPercent, before, after)}`;
  const percent = changePercent(before, after);
  return `${name} ${beforeAfter(splitMs, before, after)}${percent === null ? "" : ` (${formatChange(percent)})`}`;
}

/** What makes two results hard to compare, formatted in the same way. */
export function findingWords({ code, message, params }: Comparison["findings"][number]): string {
  const { before_per_s: before, after_per_s: after } = params;
  if (code !== "load_differs" || typeof before !== "number" || typeof after !== "number") return message;
  return `Throughput differs: ${formatRate(before)} before, ${formatRate(after)} after (${formatChange(changePercent(before, after))}). Response times depend on the load.`;
}

interface OutcomeLook extends ChipLook {
  /** How a result compares with the baseline. */
  sentence: (before: string, after: string) => string;
}

const OUTCOMES: Record<ComparisonOutcome, OutcomeLook> = {
  worse: { ...LOOKS.worse, sentence: (before, after) => `${after} is worse than ${before}.` },
  mixed: { ...LOOKS.mixed, sentence: (before, after) => `${after} is partly worse than ${before}.` },
  better: { ...LOOKS.better, sentence: (before, after) => `${after} is better than ${before}.` },
  same: { ...LOOKS.same, sentence: (before, after) => `No significant difference between ${before} and ${after}.` },
  unclear: { ...LOOKS.unclear, sentence: (before, after) => `Inconclusive: too few samples to compare ${after} with ${before}.` },
  no_common_label: { tone: "attention", word: "not comparable", icon: "info-circle", sentence: (before, after) => `${after} cannot be compared with ${before}: no labels in common.` },
  cannot_be_judged: { tone: "attention", word: "not comparable", icon: "info-circle", sentence: (before, after) => `${after} cannot be compared with ${before}.` },
};

export function outcomeLook(outcome: ComparisonOutcome): OutcomeLook {
  return OUTCOMES[outcome];
}

/** The result of a whole comparison: never "better" if the conditions were different. */
export function outcomeTone({ outcome, findings }: Pick<Comparison, "outcome" | "findings">): "failed" | "attention" | "info" | "good" {
  if (outcome === "worse") return "failed";
  if (outcome !== "better" && outcome !== "same") return "attention";
  return findings.length > 0 ? "info" : "good";
}

/** Whether this number is one of those that made the line a change. */
export function isChanged(line: LineComparison, metric: ChangedMetric): boolean {
  return line.changed.some((number) => number.metric === metric);
}
