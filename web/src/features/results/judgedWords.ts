/** Text and colour for the state of a criterion or a rule; no other code decides these. */
import type { CriterionResult, CriterionWatch, StopRuleState } from "@/shared/api/types";
import { formatExactPercent, formatNumber, joined, splitMs, splitPercent } from "@/shared/format/numbers";
import type { ChipLook } from "@/shared/ui/Chip";
import { criterionWords, OPERATORS, stopRuleWords } from "./criteria";

/** A number in the unit of its metric. */
export function valueWords(value: number | null, unit: string): string {
  if (value === null) return "–";
  if (unit === "ms") return joined(splitMs(value));
  if (unit === "%") return joined(splitPercent(value));
  return joined([formatNumber(value), unit]);
}

/** The failing condition: `> 800 ms`. */
export function limitWords({ operator, limit, unit }: { operator: string; limit: number; unit: string }): string {
  const op = OPERATORS.find((each) => each.op === operator)?.words ?? operator;
  return `${op} ${unit === "%" ? formatExactPercent(limit) : valueWords(limit, unit)}`;
}

export function resultChip({ met, code }: CriterionResult, live: boolean): ChipLook {
  if (met) return { tone: "good", word: live ? "met so far" : "met", icon: "check-circle" };
  switch (code) {
    case "label_missing":
    case "value_missing":
      return live ? { tone: "running", word: "no value yet", icon: "clock" } : { tone: "failed", word: "no value", icon: "x-circle" };
    case "within_warm_up":
      return live ? { tone: "running", word: "warm-up", icon: "clock" } : { tone: "failed", word: "within warm-up", icon: "x-circle" };
    case "cannot_be_judged":
      return { tone: "attention", word: "unreliable", icon: "exclamation-triangle" };
    case "auto_stopped":
      return { tone: "failed", word: "stopped the run", icon: "stop" };
    default:
      return { tone: "failed", word: live ? "failing" : "failed", icon: "x-circle" };
  }
}

export function ruleChip({ code }: StopRuleState): ChipLook {
  switch (code) {
    case "waiting":
      return { tone: "running", word: "waiting for data", icon: "clock" };
    case "late":
      return { tone: "attention", word: "data is late", icon: "exclamation-triangle" };
    case "held":
      return { tone: "good", word: "within limit", icon: "check-circle" };
    case "broken":
      return { tone: "failed", word: "beyond limit", icon: "x-circle" };
  }
}

/** The share of the time for which a criterion was met, in percent; null before the second evaluation. */
export function metPercent({ met_ms, began_ms, seen_ms }: CriterionWatch): number | null {
  return seen_ms > began_ms ? (met_ms / (seen_ms - began_ms)) * 100 : null;
}

/** `error rate ≥ 90 % over 60 s, or p95 response time > 5 s over 30 s`. */
export function autoStopWords(rules: string[]): string {
  return rules.length === 0 ? "off" : `if ${rules.map(stopRuleWords).join(", or ")}`;
}

/** All criteria of a plan or a run, each as a sentence. */
export function failsIf(expression: string): string {
  return `Fails if ${criterionWords(expression)}`;
}
