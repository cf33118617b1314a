import { expect, it } from "vitest";
import { checkJudged, judgedForm, newRule } from "./judgedForm";

const KEPT = {
  criteria: ["p95_ms > 800", 'error_percent("GET \\"/\\"") >= 1%', "received_kb_per_s < 10", "mean > 2s"],
  warm_up_s: 30,
  stop_rules: ["error >= 90% for 60s", "p95 > 5s for 30s", "generator_cpu > 95% for 120 s", 'median("wait for it") > 1s for 5s'],
};

it("writes what it read, in the units of the form", () => {
  expect(checkJudged(judgedForm(KEPT)).judged).toEqual({
    criteria: ["p95 > 800ms", 'error_percent("GET \\"/\\"") >= 1%', "received_kb_per_s < 10", "mean > 2000ms"],
    warm_up_s: 30,
    stop_rules: ["error_percent >= 90% for 60s", "p95 > 5000ms for 30s", "generator_cpu_percent > 95% for 120s", 'median("wait for it") > 1000ms for 5s'],
  });
});

it("says what is wrong with each row", () => {
  const { judged, faults } = checkJudged({ criteria: [], warmUp: "soon", rules: [{ ...newRule(1), window: "0" }, { ...newRule(2), value: "" }, newRule(3)] });
  expect(judged).toBeNull();
  expect(faults.warmUp).toBeDefined();
  expect(Object.keys(faults.rules)).toEqual(["1", "2"]);
});
