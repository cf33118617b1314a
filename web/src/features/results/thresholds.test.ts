import { expect, it } from "vitest";
import { thresholdsOf } from "./thresholds";

const criteria = ["p95 > 800ms", 'p99("GET /") > 2s', "error_percent >= 1%", "throughput < 50/s", "samples < 10"];

it("draws the criteria for the total while the total is shown", () => {
  const found = thresholdsOf(criteria, [], "p95_ms");
  expect(found.times).toEqual([{ value: 800, label: "fails if p95 > 800ms" }]);
  expect(found.errorRate[0]?.value).toBe(1);
  expect(found.throughput[0]?.value).toBe(50);
});

it("draws limits for the response time only, not for other times", () => {
  const found = thresholdsOf(["p999 > 3s", "latency > 200ms", "connect_ms > 5"], [], "p95_ms");
  expect(found.times).toEqual([{ value: 3000, label: "fails if p999 > 3s" }]);
});

it("draws a label's criterion only with that label and that response time metric", () => {
  expect(thresholdsOf(criteria, ["GET /"], "p99_ms").times.map((each) => each.value)).toEqual([2000]);
  expect(thresholdsOf(criteria, ["GET /"], "p95_ms").times).toEqual([]);
  expect(thresholdsOf(criteria, ["GET /cart"], "p99_ms").times).toEqual([]);
});
