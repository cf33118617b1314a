/**
 * Criteria in the syntax of the command line: `METRIC[("LABEL")] OP NUMBER[ms|s|%|/s]`; true means that the run fails.
 * The server decides; this reads and writes the same syntax for the form and for the lines in the charts.
 */
export type Unit = "ms" | "%" | "/s" | "KB/s" | "";

export interface Metric {
  name: string;
  words: string;
  unit: Unit;
}

export const METRICS: Metric[] = [
  { name: "error_percent", words: "error rate", unit: "%" },
  { name: "p95", words: "p95 response time", unit: "ms" },
  { name: "p99", words: "p99 response time", unit: "ms" },
  { name: "p999", words: "p99.9 response time", unit: "ms" },
  { name: "p90", words: "p90 response time", unit: "ms" },
  { name: "median", words: "median response time", unit: "ms" },
  { name: "mean", words: "mean response time", unit: "ms" },
  { name: "max", words: "max response time", unit: "ms" },
  { name: "min", words: "min response time", unit: "ms" },
  { name: "stddev", words: "standard deviation", unit: "ms" },
  { name: "latency", words: "mean latency", unit: "ms" },
  { name: "connect", words: "mean connect time", unit: "ms" },
  { name: "throughput", words: "throughput", unit: "/s" },
  { name: "received", words: "received", unit: "KB/s" },
  { name: "sent", words: "sent", unit: "KB/s" },
  { name: "avg_bytes", words: "mean bytes", unit: "" },
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

/** The server's syntax (`jac-jtl`, `criteria/parse.rs`), without checking whether the unit fits. */
const COMPARISON = /\s*([A-Za-z0-9_]+)\s*(?:\(\s*"((?:[^"\\]|\\[\s\S])*)"\s*\))?\s*(>=|<=|>|<)\s*([-+]?(?:\d+\.?\d*|\.\d+))\s*(ms|s|%|\/s|KB\/s)?\s*/.source;
const FORM = new RegExp(`^${COMPARISON}$`);
const RULE_FORM = new RegExp(`^${COMPARISON}for\\s*(\\d+)\\s*s\\s*$`);

/** What a rule of the automatic stop evaluates: the samples of a window, or the load generators. */
export const STOP_METRICS: Metric[] = [
  ...METRICS.filter(({ name }) => ["error_percent", "p95", "p99", "p90", "median", "mean"].includes(name)),
  { name: "generator_cpu_percent", words: "generator CPU", unit: "%" },
];

/** The default rule of a plan. */
export const DEFAULT_STOP_RULE = "error_percent >= 90% for 60s";

export interface StopRule {
  criterion: Criterion;
  windowS: number;
}

/** `error_percent >= 90% for 60s`: a comparison over the last seconds. */
export function parseStopRule(text: string): StopRule | null {
  const match = RULE_FORM.exec(text);
  return match === null ? null : { criterion: criterionOf(match), windowS: Number(match[6]) };
}

export function writeStopRule({ criterion, windowS }: StopRule): string {
  return `${writeCriterion(criterion)} for ${windowS}s`;
}

/** `error rate ≥ 90 % over 60 s`; a rule that cannot be parsed is shown unchanged. */
export function stopRuleWords(expression: string): string {
  const rule = parseStopRule(expression);
  return rule === null ? expression : `${wordsOf(rule.criterion) ?? writeCriterion(rule.criterion)} over ${rule.windowS}\u00a0s`;
}

export function parseCriterion(text: string): Criterion | null {
  const match = FORM.exec(text);
  return match === null ? null : criterionOf(match);
}

/** A backslash is literal unless it precedes a quote or another backslash. */
function criterionOf([, metric = "", label, op = ">", value = "", unit = ""]: RegExpExecArray): Criterion {
  return { metric: metric.toLowerCase(), label: label === undefined ? null : label.replaceAll(/\\(["\\])/g, "$1"), op: op as Operator, value: Number(value), unit };
}

export function writeCriterion({ metric, label, op, value, unit }: Criterion): string {
  const of = label === null ? "" : `("${label.replaceAll(/[\\"]/g, "\\$&")}")`;
  return `${metric}${of} ${op} ${value}${unit}`;
}

/** `error rate of “Login” > 1 %`; a criterion that cannot be parsed is shown unchanged. */
export function criterionWords(expression: string): string {
  const criterion = parseCriterion(expression);
  return (criterion === null ? null : wordsOf(criterion)) ?? expression;
}

/** The metric as text: `p95 response time`; its name if there is no text. */
export function metricWords(name: string): string {
  return metricOf(name)?.words ?? name;
}

function metricOf(name: string): Metric | undefined {
  const plain = plainMetric(name);
  return [...METRICS, ...STOP_METRICS].find((metric) => metric.name === plain || metric.name === `${plain}_percent`);
}

function wordsOf(criterion: Criterion): string | null {
  const metric = metricOf(criterion.metric);
  const op = OPERATORS.find((each) => each.op === criterion.op);
  if (metric === undefined || op === undefined) return null;
  const { label, value, unit } = criterion;
  const limit = unit === "" ? metric.unit : unit;
  return `${metric.words}${label === null ? "" : ` of “${label}”`} ${op.words} ${value}${limit.startsWith("/") || limit === "" ? limit : `\u00a0${limit}`}`;
}

/** The metric without its unit: `p95_ms` is `p95`. */
export function plainMetric(metric: string): string {
  return metric.replace(/_(ms|kb_per_s|per_s)$/, "");
}

/** A response time limit in ms; null for any other criterion. */
export function timeLimit(criterion: Criterion): number | null {
  if (!["median", "mean", "max", "min", "p90", "p95", "p99", "p999"].includes(plainMetric(criterion.metric))) return null;
  return criterion.unit === "s" ? criterion.value * 1000 : criterion.value;
}
