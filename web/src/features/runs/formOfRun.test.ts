import { describe, expect, it } from "vitest";
import type { CheckProperty } from "@/shared/api/types";
import { runOf } from "@/test/results";
import { formOfRun } from "./formOfRun";
import { checkRunForm } from "./runForm";

const known: CheckProperty[] = [
  { name: "threads", default: "10", value: null },
  { name: "password", default: null, value: null },
];
const plan = { criteria: { version: 3, criteria: [], warm_up_s: 0, stop_rules: [] }, keep: ["*.csv"], revision: 4 };
const run = runOf({
  id: "r-1",
  name: "peak",
  plan_revision: 3,
  properties: { threads: "20", password: "***", url: "http://x/?q=1" },
  system_properties: { dir: "/x", pin: "***" },
  properties_files: ["shop.properties"],
  split: ["users.csv"],
  criteria_version: 2,
  criteria_expressions: ["p95 > 800ms"],
  warm_up_s: 30,
  stop_rules: ["error_percent >= 90% for 60s"],
  keep: ["screens/*.png"],
  stop_timeout_s: 5,
  results_choice: "direct",
  min_workers: 2,
  share: { users: 1000 },
});

describe("a run's form", () => {
  it("starts the same run again, once masked values are entered again", () => {
    const form = formOfRun(run, plan, known);
    expect(form.masked).toEqual(["password", "pin"]);
    const typed = { ...form, properties: { ...form.properties, password: "p" }, systemProperties: "dir=/x\npin=1" };
    expect(checkRunForm(typed, known, ["users.csv"]).request).toEqual({
      plan_id: "p-1",
      cluster_id: "c-1",
      name: "peak",
      plan_revision: 3,
      properties: { threads: "20", password: "p", url: "http://x/?q=1" },
      system_properties: { dir: "/x", pin: "1" },
      secret: ["password", "pin"],
      properties_files: ["shop.properties"],
      split: ["users.csv"],
      keep: ["screens/*.png"],
      criteria: ["p95 > 800ms"],
      warm_up_s: 30,
      stop_rules: ["error_percent >= 90% for 60s"],
      stop_timeout_s: 5,
      results: "direct",
      min_workers: 2,
      share: { users: 1000 },
    });
  });

  it("never sends a mask, and reports the missing value at each place", () => {
    const { request, faults } = checkRunForm(formOfRun(run, plan, known), known, ["users.csv"]);
    expect(request).toBeNull();
    expect(faults.properties).toEqual({ password: "Enter the value again." });
    expect(faults.systemProperties).toBe("Enter the value of pin again.");
    const without = { ...formOfRun(run, plan, known), properties: { password: "p" }, systemProperties: "dir=/x" };
    expect(checkRunForm(without, known, []).request).not.toBeNull();
  });

  it("leaves to the plan what the run had from it", () => {
    const same = runOf({ id: "r-1", name: "shop", plan_revision: 4, criteria_version: 3, keep: ["*.csv"] });
    expect(formOfRun(same, plan, known)).toMatchObject({ name: "", judged: null, keep: null, revision: null, masked: [] });
  });
});

it("keeps a property that the run set, even if it equals the default of the newest revision", () => {
  const set = runOf({ id: "r-1", name: "shop", plan_revision: 3, properties: { threads: "10", password: "" } });
  const form = formOfRun(set, plan, known);
  const sent = (each: typeof form) => checkRunForm(each, known, []).request?.properties;
  expect(sent(form)).toEqual({ threads: "10", password: "" });
  expect(sent({ ...form, revision: null })).toEqual({ threads: "10", password: "" });
  // For an earlier revision no entered value counts as the default, and an emptied field is not set.
  expect(sent({ ...form, set: {} })).toEqual({ threads: "10" });
  expect(sent({ ...form, set: {}, revision: null })).toEqual({});
});

it("takes the requested settings from a try run, without those of the try run itself", () => {
  const tried = runOf({
    ...run,
    id: "r-2",
    name: "peak",
    try_run: true,
    criteria_version: null,
    criteria_expressions: ["error_percent > 0%"],
    keep: ["*.csv", "jac-failed-responses.xml"],
    min_workers: null,
  });
  const form = formOfRun(tried, plan, known);
  expect([form.judged, form.keep, form.tryRun, form.properties.threads]).toEqual([null, null, false, "20"]);
  const request = checkRunForm({ ...form, masked: [], tryRun: true, minWorkers: "2", judged: null }, known, ["users.csv"]).request;
  expect(request).toMatchObject({ try_run: true, split: ["users.csv"] });
  expect(request).not.toHaveProperty("min_workers");
});
