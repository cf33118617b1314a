import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, it } from "vitest";
import { checkJudged, judgedForm, type Judged, type JudgedForm } from "../judgedForm";
import { JudgedFields } from "./JudgedFields";

/** With its errors shown, as after a first attempt; the request is shown too. */
function Form({ kept, sent }: { kept: Judged; sent: (judged: Judged | null) => void }) {
  const [form, setForm] = useState<JudgedForm>(() => judgedForm(kept));
  const { judged, faults } = checkJudged(form);
  sent(judged);
  return <JudgedFields form={form} faults={faults} onChange={setForm} />;
}

function show(kept: Partial<Judged> = {}) {
  let now: Judged | null = null;
  render(<Form kept={{ criteria: [], warm_up_s: 0, stop_rules: [], ...kept }} sent={(judged) => (now = judged)} />);
  return { sent: () => now };
}

const criteria = () => within(screen.getByRole("group", { name: "Criteria" }));
const rules = () => within(screen.getByRole("group", { name: "Automatic stop" }));
const value = (field: HTMLElement) => (field as HTMLInputElement | HTMLSelectElement).value;

it("shows the stored criteria: metric, label, comparison, limit and unit", () => {
  const { sent } = show({ criteria: ['p95("Login") > 800ms', "error_percent >= 2.5%"], warm_up_s: 30, stop_rules: ["generator_cpu_percent > 90% for 120s"] });
  expect(criteria().getAllByLabelText("Metric").map(value)).toEqual(["p95", "error_percent"]);
  expect(criteria().getAllByLabelText("Label").map(value)).toEqual(["Login", ""]);
  expect(criteria().getAllByLabelText("Comparison").map(value)).toEqual([">", ">="]);
  expect(criteria().getAllByLabelText("Limit").map(value)).toEqual(["800", "2.5"]);
  expect([criteria().getByText("ms"), criteria().getByText("%")]).toHaveLength(2);
  expect(value(criteria().getByLabelText("Warm-up"))).toBe("30");
  expect(value(rules().getByLabelText("Time"))).toBe("120");
  // The load generators have no labels.
  expect(rules().queryByLabelText("Label")).toBeNull();
  expect(sent()).toEqual({ criteria: ['p95("Login") > 800ms', "error_percent >= 2.5%"], warm_up_s: 30, stop_rules: ["generator_cpu_percent > 90% for 120s"] });
});

it("changes the unit with the metric", async () => {
  const { sent } = show({ criteria: ["error_percent > 1%"] });
  await userEvent.selectOptions(criteria().getByLabelText("Metric"), "throughput");
  await userEvent.selectOptions(criteria().getByLabelText("Comparison"), "<");
  expect(criteria().getByText("/s")).toBeDefined();
  expect(sent()?.criteria).toEqual(["throughput < 1/s"]);
});

it("adds and removes criteria, and shows the warm-up only if there are any", async () => {
  const { sent } = show();
  expect(criteria().queryByLabelText("Warm-up")).toBeNull();
  await userEvent.click(criteria().getByRole("button", { name: "Add criterion" }));
  await userEvent.click(criteria().getByRole("button", { name: "Add criterion" }));
  await userEvent.type(criteria().getByLabelText("Warm-up"), "10");
  expect(sent()).toEqual({ criteria: ["error_percent > 1%", "error_percent > 1%"], warm_up_s: 10, stop_rules: [] });
  await userEvent.click(criteria().getByRole("button", { name: "Remove criterion 1" }));
  expect(sent()?.criteria).toEqual(["error_percent > 1%"]);
});

it.each(["", "-1", "many"])("marks the limit %j and sends nothing", async (typed) => {
  const { sent } = show({ criteria: ["p95 > 800ms", "error_percent > 1%"] });
  const [first, second] = criteria().getAllByLabelText("Limit");
  if (first === undefined || second === undefined) throw new Error("There are not two limits.");
  await userEvent.clear(first);
  if (typed !== "") await userEvent.type(first, typed);
  expect([first.className.includes("is-invalid"), second.className.includes("is-invalid"), sent()]).toEqual([true, false, null]);
});

it.each(["0", "3601", "1.5"])("rejects a rule over %s seconds", async (typed) => {
  const { sent } = show({ stop_rules: ["error_percent >= 90% for 60s"] });
  const time = rules().getByLabelText("Time");
  await userEvent.clear(time);
  await userEvent.type(time, typed);
  expect(sent()).toBeNull();
  const fault = rules().getByText(/1 to 3600/);
  expect([time.getAttribute("aria-invalid"), time.getAttribute("aria-describedby"), time.className.includes("is-invalid")]).toEqual(["true", fault.id, true]);
  const limit = rules().getByLabelText("Limit");
  expect([limit.getAttribute("aria-invalid"), limit.className.includes("is-invalid")]).toEqual(["false", false]);
});
