import { expect, it } from "vitest";
import { checkJudged, isFixed, judgedForm, newRule, type CriterionRow } from "./judgedForm";

const KEPT = {
  criteria: ["p95_ms > 800", 'error_percent("GET \\"/\\"") >= 1%', "received_kb_per_s < 10", "mean > 2s"],
  warm_up_s: 30,
  stop_rules: ["error >= 90% for 60s", "p95 > 5s for 30s", "generator_cpu > 95% for 120 s", 'median("wait for it") > 1s for 5s'],
};

function newly<Row extends CriterionRow>(row: Row): Row {
  const typed = { ...row };
  delete typed.kept;
  return typed;
}

it("sends unchanged rows as they are, including those it cannot parse", () => {
  expect(checkJudged(judgedForm(KEPT)).judged).toEqual(KEPT);
  const odd = {
    criteria: ["received < 500KB/s", "error_percent > .5", "p95 > 5.", "p95 > +5", 'p95("a\\d") > 800ms', "p95 of baseline > 10%"],
    warm_up_s: 0,
    stop_rules: ["p95 > .5sfor 30s", "later"],
  };
  const form = judgedForm(odd);
  expect(checkJudged(form).judged).toEqual(odd);
  expect(form.criteria.map(isFixed)).toEqual([false, false, false, false, false, true]);
  expect(form.rules.map(isFixed)).toEqual([false, true]);
  const [received, , , , escaped] = form.criteria;
  if (received === undefined || escaped === undefined) throw new Error("two rows");
  const changed = {
    ...form,
    criteria: [
      { ...received, value: "400" },
      { ...escaped, value: "900" },
    ],
    rules: [],
  };
  expect(checkJudged(changed).judged?.criteria).toEqual(["received < 400KB/s", 'p95("a\\\\d") > 900ms']);
});

it("sends changed rows in the units of the form", () => {
  const { criteria, warmUp, rules } = judgedForm(KEPT);
  const typed = { criteria: criteria.map(newly), warmUp, rules: rules.map(newly) };
  expect(checkJudged(typed).judged).toEqual({
    criteria: ["p95 > 800ms", 'error_percent("GET \\"/\\"") >= 1%', "received < 10KB/s", "mean > 2000ms"],
    warm_up_s: 30,
    stop_rules: ["error_percent >= 90% for 60s", "p95 > 5000ms for 30s", "generator_cpu_percent > 95% for 120s", 'median("wait for it") > 1000ms for 5s'],
  });
});

it("shows the errors of each row", () => {
  const { judged, faults } = checkJudged({ criteria: [], warmUp: "soon", rules: [{ ...newRule(1), window: "0" }, { ...newRule(2), value: "" }, newRule(3)] });
  expect(judged).toBeNull();
  expect(faults.warmUp).toBeDefined();
  expect(Object.keys(faults.rules)).toEqual(["1", "2"]);
});
