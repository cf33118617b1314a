import { expect, it } from "vitest";
import { criterionWords, DEFAULT_STOP_RULE, parseCriterion, parseStopRule, stopRuleWords, timeLimit, writeCriterion, writeStopRule } from "./criteria";

it.each([
  ["p95 > 800ms", { metric: "p95", label: null, op: ">", value: 800, unit: "ms" }],
  ['error_percent("GET /a") >= 1.5%', { metric: "error_percent", label: "GET /a", op: ">=", value: 1.5, unit: "%" }],
  ['mean_ms("say \\"hi\\"")<2s', { metric: "mean_ms", label: 'say "hi"', op: "<", value: 2, unit: "s" }],
  ["throughput <= 10/s", { metric: "throughput", label: null, op: "<=", value: 10, unit: "/s" }],
  ["received < 500KB/s", { metric: "received", label: null, op: "<", value: 500, unit: "KB/s" }],
  ["error_percent > .5", { metric: "error_percent", label: null, op: ">", value: 0.5, unit: "" }],
  ["p95 > 5.", { metric: "p95", label: null, op: ">", value: 5, unit: "" }],
  ["p95 > +5", { metric: "p95", label: null, op: ">", value: 5, unit: "" }],
  ['p95("a\\d") > 1', { metric: "p95", label: "a\\d", op: ">", value: 1, unit: "" }],
])("parses %s", (text, criterion) => expect(parseCriterion(text)).toEqual(criterion));

it.each(["p95", "p95 = 3", "p95 > x", 'p95(") > 1', "p95 > 1 min", "p95 > .", "p95 > + 5", "p95 > 1.2.3"])("rejects %s", (text) => expect(parseCriterion(text)).toBeNull());

it("writes what it has parsed", () => {
  for (const text of ["p95 > 800ms", 'error_percent("a \\"b\\" \\\\c") > 1%', "samples < 100"]) {
    const criterion = parseCriterion(text);
    expect(criterion === null ? null : writeCriterion(criterion)).toBe(text);
  }
});

it("describes criteria in words, and shows unparsable ones unchanged", () => {
  expect(criterionWords('p95_ms("GET /a") >= 2s')).toBe("p95 response time of “GET /a” ≥ 2\u00a0s");
  expect(criterionWords("error_percent > 1")).toBe("error rate > 1\u00a0%");
  expect(criterionWords("throughput < 10")).toBe("throughput < 10/s");
  expect(criterionWords("received_kb_per_s < 10")).toBe("received < 10\u00a0KB/s");
  expect(criterionWords("error > 1")).toBe("error rate > 1\u00a0%");
  expect(criterionWords("every sample failed")).toBe("every sample failed");
});

it("finds the criteria that are lines in the response time chart", () => {
  expect(timeLimit({ metric: "p95_ms", label: null, op: ">", value: 2, unit: "s" })).toBe(2000);
  expect(timeLimit({ metric: "throughput", label: null, op: "<", value: 2, unit: "/s" })).toBeNull();
});

it("reads and writes the rules of the automatic stop", () => {
  const rule = parseStopRule(DEFAULT_STOP_RULE);
  expect(rule).toEqual({ criterion: { metric: "error_percent", label: null, op: ">=", value: 90, unit: "%" }, windowS: 60 });
  expect(rule === null ? null : writeStopRule(rule)).toBe(DEFAULT_STOP_RULE);
  expect(stopRuleWords('p95("for 3s") > 5s for 30s')).toBe("p95 response time of “for 3s” > 5\u00a0s over 30\u00a0s");
  expect(stopRuleWords("generator_cpu_percent > 95% for 120s")).toBe("generator CPU > 95\u00a0% over 120\u00a0s");
  expect(parseStopRule("error_percent > 1%")).toBeNull();
  expect(parseStopRule("p95 > .5sfor 30s")).toEqual({ criterion: { metric: "p95", label: null, op: ">", value: 0.5, unit: "s" }, windowS: 30 });
});
