import { expect, it } from "vitest";
import type { CheckProperty } from "@/shared/api/types";
import { runOf } from "@/test/results";
import { formOfRun } from "./formOfRun";
import { runDifference } from "./runDifference";

const known: CheckProperty[] = [
  { name: "threads", default: "6", value: null },
  { name: "password", default: null, value: null },
];
const plan = { criteria: { version: 3, criteria: ["p95 > 800ms"], warm_up_s: 0, stop_rules: [] }, keep: [], revision: 4 };
const before = runOf({
  id: "r-1",
  name: "shop",
  plan_revision: 4,
  workers: 2,
  criteria_version: 3,
  criteria_expressions: ["p95 > 800ms"],
  properties: { password: "***", host: "a" },
  split: ["users.csv"],
});
const form = formOfRun(before, plan, known);
const next = { form, plan, known, ofRevision: null, splittable: ["users.csv"], workers: 2 };

it("is empty for the same run", () => expect(runDifference(before, next)).toEqual([]));

it("lists each change, from and to, including a plan's defaults", () => {
  const changed = { ...form, properties: { ...form.properties, threads: "12" }, moreProperties: "", split: [], results: "direct" as const, minWorkers: "1", share: "users=10", grace: "5" };
  expect(runDifference({ ...before, plan_revision: 3 }, { ...next, form: changed, workers: 3 })).toEqual([
    "host a → not set",
    "threads the revision’s default → 12",
    "total of users not set → 10",
    "workers 2 → 3",
    "revision 3 → 4",
    "split users.csv removed",
    "results Automatic → Direct from the workers",
    "minimum workers all → 1",
    "graceful stop timeout 30\u00a0s → 5\u00a0s",
  ]);
});

it("uses the defaults of each run's revision", () => {
  const earlier = { ...before, plan_revision: 3, properties: {} };
  const kept = { ...formOfRun(earlier, plan, known), properties: { threads: "6" } };
  const ofRevision = [{ name: "threads", default: "20", value: "6" }];
  expect(runDifference(earlier, { ...next, form: kept, ofRevision })).toEqual(["threads 20 → 6"]);
  expect(runDifference(earlier, { ...next, form: kept })).toEqual(["threads the revision’s default → 6"]);
  expect(runDifference(earlier, { ...next, form: { ...kept, properties: {} } })).toEqual([]);
});

it("compares the criteria and the automatic stop with the plan's, or with this run's own", () => {
  const stricter = { ...plan, criteria: { ...plan.criteria, criteria: ["p95 > 500ms"], stop_rules: ["error_percent >= 90% for 60s"] } };
  const words = runDifference(before, { ...next, plan: stricter });
  expect(words).toHaveLength(3);
  expect(words[0]).toMatch(/^criterion .*500.* added$/);
  expect(words[1]).toMatch(/^criterion .*800.* removed$/);
  expect(words[2]).toBe("automatic stop off → 1 rule");
  expect(runDifference(before, { ...next, form: { ...form, judged: { criteria: [], warmUp: "30", rules: [] } } }).at(-1)).toBe("warm-up 0\u00a0s → 30\u00a0s");
});

it("only shows whether a secret is set", () => {
  const typed = { ...form, properties: { password: "hunter2" }, moreProperties: "host=a\nauth.token=abc\npin=1234", secret: ["password", "pin"] };
  const words = runDifference(before, { ...next, form: typed });
  expect(words).toEqual(["auth.token set", "pin set"]);
});

it("ignores the differences that every try run has", () => {
  const tried = { ...before, try_run: true, workers: 1, criteria_version: null, criteria_expressions: ["error_percent > 0%"], keep: ["jac-failed-responses.xml"], results: "direct" as const };
  expect(runDifference(tried, { ...next, form: formOfRun(tried, plan, known) })).toEqual([]);
  expect(runDifference(before, { ...next, form: { ...form, tryRun: true }, workers: 1 })).toEqual([]);
});
