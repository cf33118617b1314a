/** The form of criteria, warm-up and automatic stop, what is stored of them, and errors. Pure. */
import { METRICS, parseCriterion, parseStopRule, plainMetric, STOP_METRICS, writeCriterion, writeStopRule, type Criterion, type Metric, type Operator } from "@/features/results/criteria";
import type { PlanCriteria } from "@/shared/api/types";

export interface CriterionRow {
  key: number;
  metric: string;
  /** Empty for the total. */
  label: string;
  op: Operator;
  value: string;
  /** As stored: sent unchanged unless the row was edited. */
  kept?: string;
}

export interface RuleRow extends CriterionRow {
  /** The window in seconds. */
  window: string;
}

export interface JudgedForm {
  criteria: CriterionRow[];
  /** Seconds; empty: all samples count. */
  warmUp: string;
  rules: RuleRow[];
}

/** An error of a row, and the field that it belongs to. */
export interface RowFault {
  field: "value" | "window";
  message: string;
}

/** Those of criteria and rules by the key of their row. */
export interface JudgedFaults {
  criteria: Record<number, RowFault>;
  warmUp?: string;
  rules: Record<number, RowFault>;
}

/** The request, without the version that was edited. */
export type Judged = Omit<PlanCriteria, "version">;

const LONGEST_WINDOW_S = 3600;
const LONGEST_WARM_UP_S = 86_400;
const NO_LIMIT: RowFault = { field: "value", message: "Must be a number of at least 0." };

export function newCriterion(key: number): CriterionRow {
  return { key, metric: "error_percent", label: "", op: ">", value: "1" };
}

export function newRule(key: number): RuleRow {
  return { key, metric: "error_percent", label: "", op: ">=", value: "90", window: "60" };
}

/** The form of what is stored. An expression that this page cannot parse, for example of a newer server, is kept unchanged. */
export function judgedForm({ criteria, warm_up_s, stop_rules }: Judged): JudgedForm {
  return {
    criteria: criteria.map((text, key) => keptCriterion(key, text) ?? { ...newCriterion(key), kept: text }),
    warmUp: warm_up_s === 0 ? "" : String(warm_up_s),
    rules: stop_rules.map((text, key) => keptRule(key, text) ?? { ...newRule(key), kept: text }),
  };
}

function keptCriterion(key: number, text: string): CriterionRow | null {
  const criterion = parseCriterion(text);
  return criterion === null ? null : { ...rowOf(key, criterion, METRICS), kept: text };
}

function keptRule(key: number, text: string): RuleRow | null {
  const rule = parseStopRule(text);
  return rule === null ? null : { ...rowOf(key, rule.criterion, STOP_METRICS), window: String(rule.windowS), kept: text };
}

/** An expression that this page cannot parse: it is shown unchanged, and can only be removed. */
export function isFixed(row: CriterionRow | RuleRow): boolean {
  return row.kept !== undefined && ("window" in row ? parseStopRule(row.kept) : parseCriterion(row.kept)) === null;
}

/** The expression of an unchanged row; null: it is new or was changed. */
function unchanged<Row extends CriterionRow>(row: Row, kept: (key: number, text: string) => Row | null): string | null {
  if (row.kept === undefined) return null;
  const was = kept(row.key, row.kept);
  const isSame = was === null || (Object.keys(was) as (keyof Row)[]).every((field) => was[field] === row[field]);
  return isSame ? row.kept : null;
}

function rowOf(key: number, { metric, label, op, value, unit }: Criterion, metrics: Metric[]): CriterionRow {
  const plain = plainMetric(metric);
  const known = metrics.find(({ name }) => name === plain || name === `${plain}_percent`);
  return { key, metric: known?.name ?? metric, label: label ?? "", op, value: String(unit === "s" ? Number((value * 1000).toPrecision(15)) : value) };
}

export function checkJudged(form: JudgedForm): { judged: Judged | null; faults: JudgedFaults } {
  const faults: JudgedFaults = { criteria: {}, rules: {} };
  const criteria: string[] = [];
  for (const row of form.criteria) {
    const criterion = criterionOf(row, METRICS);
    const kept = unchanged(row, keptCriterion);
    if (kept !== null) criteria.push(kept);
    else if (criterion === null) faults.criteria[row.key] = NO_LIMIT;
    else criteria.push(writeCriterion(criterion));
  }
  const rules: string[] = [];
  for (const row of form.rules) {
    const criterion = criterionOf(row, STOP_METRICS);
    const windowS = Number(row.window.trim());
    const kept = unchanged(row, keptRule);
    if (kept !== null) rules.push(kept);
    else if (criterion === null) faults.rules[row.key] = NO_LIMIT;
    else if (!/^\d+$/.test(row.window.trim()) || windowS < 1 || windowS > LONGEST_WINDOW_S) faults.rules[row.key] = { field: "window", message: `The time must be 1 to ${LONGEST_WINDOW_S} seconds.` };
    else rules.push(writeStopRule({ criterion, windowS }));
  }
  const warmUp = form.warmUp.trim();
  if (warmUp !== "" && (!/^\d+$/.test(warmUp) || Number(warmUp) > LONGEST_WARM_UP_S)) faults.warmUp = "Must be a whole number of seconds, or empty.";
  const wrong = faults.warmUp ?? Object.values(faults.criteria)[0] ?? Object.values(faults.rules)[0];
  return { judged: wrong === undefined ? { criteria, warm_up_s: Number(warmUp), stop_rules: rules } : null, faults };
}

function criterionOf(row: CriterionRow, metrics: Metric[]): Criterion | null {
  const value = Number(row.value.trim());
  if (row.value.trim() === "" || !Number.isFinite(value) || value < 0) return null;
  const label = row.label.trim();
  const unit = metrics.find((metric) => metric.name === row.metric)?.unit ?? "";
  return { metric: row.metric, label: label === "" || row.metric === "generator_cpu_percent" ? null : label, op: row.op, value, unit };
}
