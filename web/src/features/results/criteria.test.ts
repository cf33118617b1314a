import { expect, it } from "vitest";
import { parseCriterion, timeLimit, writeCriterion } from "./criteria";

it.each([
  ["p95 > 800ms", { metric: "p95", label: null, op: ">", value: 800, unit: "ms" }],
  ['error_percent("GET /a") >= 1.5%', { metric: "error_percent", label: "GET /a", op: ">=", value: 1.5, unit: "%" }],
  ['mean_ms("say \\"hi\\"")<2s', { metric: "mean_ms", label: 'say "hi"', op: "<", value: 2, unit: "s" }],
  ["throughput <= 10/s", { metric: "throughput", label: null, op: "<=", value: 10, unit: "/s" }],
])("reads %s", (text, criterion) => expect(parseCriterion(text)).toEqual(criterion));

it.each(["p95", "p95 = 3", "p95 > x", 'p95(") > 1', "p95 > 1 min"])("refuses %s", (text) => expect(parseCriterion(text)).toBeNull());

it("writes what it read", () => {
  for (const text of ["p95 > 800ms", 'error_percent("a \\"b\\" \\\\c") > 1%', "samples < 100"]) {
    const criterion = parseCriterion(text);
    expect(criterion === null ? null : writeCriterion(criterion)).toBe(text);
  }
});

it("knows which criteria are a line on the response time chart", () => {
  expect(timeLimit({ metric: "p95_ms", label: null, op: ">", value: 2, unit: "s" })).toBe(2000);
  expect(timeLimit({ metric: "throughput", label: null, op: "<", value: 2, unit: "/s" })).toBeNull();
});
