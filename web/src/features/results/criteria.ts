/**
 * Criteria as the command line writes them: `METRIC[("LABEL")] OP NUMBER[ms|s|%|/s]`; true means that the run fails.
 * The server decides; this reads and writes the same words for the form and for the lines on the charts.
 */
export type Unit = "ms" | "%" | "/s" | "";

export interface Metric {
  name: string;
  words: string;
  unit: Unit;
}

export const METRICS: Metric[] = [
  { name: "error_percent", words: "error rate", unit: "%" },
  { name: "p95", words: "p95 response time", unit: "ms" },
  { name: "p99", words: "p99 response time", unit: "ms" },
  { name: "p90", words: "p90 response time", unit: "ms" },
  { name: "median", words: "median response time", unit: "ms" },
  { name: "mean", words: "mean response time", unit: "ms" },
  { name: "max", words: "max response time", unit: "ms" },
  { name: "throughput", words: "throughput", unit: "/s" },
  { name: "samples", words: "samples", unit: "" },
  { name: "errors", words: "errors", unit: "" },
  { name: "apdex", words: "Apdex", unit: "" },
];

export type Operator = ">" | ">=" | "<" | "<=";
export const OPERATORS: { op: Operator; words: string }[] = [
  { op: ">", words: ">" },
  { op: ">=", words: "≥" },
  { op: "<", words: "<" },
  { op: "<=", words: "≤" },
];

export interface Criterion {
  metric: string;
  /** null for the total. */
  label: string | null;
  op: Operator;
  value: number;
  unit: string;
}

const FORM = /^\s*([A-Za-z0-9_]+)\s*(?:\(\s*"((?:[^"\\]|\\.)*)"\s*\))?\s*(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)\s*(ms|s|%|\/s)?\s*$/;

export function parseCriterion(text: string): Criterion | null {
  const match = FORM.exec(text);
  if (match === null) return null;
  const [, metric = "", label, op = ">", value = "", unit = ""] = match;
  return { metric: metric.toLowerCase(), label: label === undefined ? null : label.replaceAll(/\\(.)/g, "$1"), op: op as Operator, value: Number(value), unit };
}

export function writeCriterion({ metric, label, op, value, unit }: Criterion): string {
  const of = label === null ? "" : `("${label.replaceAll(/[\\"]/g, "\\$&")}")`;
  return `${metric}${of} ${op} ${value}${unit}`;
}

/** `error rate of “Login” > 1 %`; what this page cannot read stands as it was given. */
export function criterionWords(expression: string): string {
  const criterion = parseCriterion(expression);
  const metric = METRICS.find(({ name }) => name === plainMetric(criterion?.metric ?? ""));
  const op = OPERATORS.find((each) => each.op === criterion?.op);
  if (criterion === null || metric === undefined || op === undefined) return expression;
  const { label, value, unit } = criterion;
  const limit = unit === "" ? metric.unit : unit;
  return `${metric.words}${label === null ? "" : ` of “${label}”`} ${op.words} ${value}${limit.startsWith("/") || limit === "" ? limit : `\u00a0${limit}`}`;
}

/** The metric without its unit: `p95_ms` is `p95`. */
export function plainMetric(metric: string): string {
  return metric.replace(/_(ms|per_s)$/, "");
}

/** A response time limit in ms; null for any other criterion. */
export function timeLimit(criterion: Criterion): number | null {
  if (!["median", "mean", "max", "min", "p90", "p95", "p99"].includes(plainMetric(criterion.metric))) return null;
  return criterion.unit === "s" ? criterion.value * 1000 : criterion.value;
}
