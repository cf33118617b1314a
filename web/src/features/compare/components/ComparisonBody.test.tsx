import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { BrowserRouter } from "react-router";
import { beforeEach, expect, it } from "vitest";
import type { ComparedResult, Comparison, ComparisonReport, LineComparison } from "@/shared/api/types";
import { entryOf, summaryOf } from "@/test/results";
import { ComparisonBody } from "./ComparisonBody";

const line = (label: string): LineComparison => ({
  label,
  change: "same",
  changed: [],
  sentence: "no significant change",
  before: entryOf(label),
  after: entryOf(label),
  passed_before: null,
  passed_after: null,
  response_times: null,
  tail: null,
  errors: null,
});
const result = (name: string): ComparedResult => ({
  name,
  run_id: null,
  run: null,
  errors: [],
  start_ms: 0,
  bucket_ms: null,
  points: [],
  profile: null,
  percents: [],
  summary: summaryOf([entryOf("Home")]),
});
const LOAD = "Throughput differs: 100/s before, 63/s after.";

beforeEach(() => window.history.replaceState(null, "", "/"));

function shown(more: Partial<Comparison>, results = [result("A"), result("B")]) {
  const comparison: Comparison = {
    version: 1,
    before: "A",
    after: "B",
    total: line("Total"),
    labels: [line("Home")],
    missing: [],
    new: [],
    worse: false,
    outcome: "same",
    tests: 3,
    notes: [],
    findings: [],
    ...more,
  };
  const report: ComparisonReport = { version: 1, title: "", jac_version: "", created_ms: 0, results, comparisons: results.slice(1).map(() => comparison) };
  return render(
    <BrowserRouter>
      <ComparisonBody report={report} />
    </BrowserRouter>,
  );
}

it("gives no verdict under a different load until one is requested, and then never calls a change good", async () => {
  const { container } = shown({ outcome: "better", findings: [{ code: "load_differs", message: LOAD, params: {} }], notes: [{ code: "rates_not_judged", message: "How it was tested.", params: {} }] });
  const notes = () => [...container.querySelectorAll(".note")];
  expect(notes().map((note) => note.className)).toEqual(["note note-attention", "note note-attention"]);
  expect(notes()[0]?.textContent).toContain("no verdict");
  expect(notes()[1]?.textContent.trim()).toBe(LOAD);
  expect(within(screen.getByRole("region", { name: "Method" })).queryByText(LOAD)).toBeNull();
  expect(screen.queryByText("better")).toBeNull();
  expect(screen.getByText("different load")).toBeDefined();
  await userEvent.click(screen.getByRole("button", { name: "Compare anyway" }));
  expect(notes().map((note) => note.className)).toEqual(["note note-attention", "note note-attention", "note note-info"]);
  expect(screen.getAllByText("better").length).toBeGreaterThan(0);
  await userEvent.click(screen.getByRole("button", { name: "Undo" }));
  expect(screen.queryByText("better")).toBeNull();
  expect(window.location.search).toBe("");
});

it("gives the requested verdict for that pair alone", () => {
  window.history.replaceState(null, "", "/?judge=r-2");
  const other = (name: string, run_id: string) => ({ ...result(name), run_id, run: { ...STARTED, users: 200 } });
  shown({ outcome: "better" }, [{ ...result("A"), run: STARTED }, other("B", "r-2"), other("C", "r-3")]);
  expect(within(screen.getByRole("row", { name: /^B/ })).getByText("better")).toBeDefined();
  expect(within(screen.getByRole("row", { name: /^C/ })).getByText("different load")).toBeDefined();
});

const STARTED = {
  plan: "shop",
  plan_revision: 1,
  users: 100,
  workers: 2,
  machines: "local",
  properties: {},
  system_properties: {},
  properties_files: [],
  jmeter: null,
  java: [],
  share: {},
  split: [],
};
const error = (code: string) => ({ code, message: "refused", example: "refused", count: 7, labels: 1, first_ms: 0, last_ms: 0 });

it("shows differences before the figures, and new and gone failures", () => {
  shown({ outcome: "worse" }, [
    { ...result("A"), run: STARTED, errors: [error("500")] },
    { ...result("B"), run: { ...STARTED, users: 200 }, errors: [error("503")] },
  ]);
  expect(within(screen.getByRole("region", { name: "Differences" })).getByRole("listitem").textContent).toBe("Users100 → 200");
  expect(screen.getByText("different load")).toBeDefined();
  const errors = screen.getByRole("region", { name: "New and gone errors" });
  expect([...errors.querySelectorAll("h3")].map((each) => each.textContent.trim())).toEqual(["New in B: 1 error type", "Only in A: 1 error type"]);
});

it("reports that nothing was different", () => {
  shown({}, [
    { ...result("A"), run: STARTED },
    { ...result("B"), run: STARTED },
  ]);
  expect(screen.getByRole("region", { name: "Differences" }).textContent).toContain("Same plan");
  expect(screen.queryByRole("region", { name: "New and gone errors" })).toBeNull();
});

it("gives no verdict on results that cannot be compared", () => {
  const { container } = shown({ outcome: "cannot_be_judged" });
  expect(container.querySelector(".note-attention strong")?.textContent).toBe("B cannot be compared with A.");
  expect(container.querySelector(".note-good")).toBeNull();
  expect(screen.getByText("not comparable")).toBeDefined();
});

it("names its columns of plain figures so that they can be told apart in the menu", async () => {
  shown({});
  await userEvent.click(screen.getByRole("button", { name: "Columns of Labels" }));
  const names = within(screen.getByRole("dialog", { name: "Columns of Labels" }))
    .getAllByRole("checkbox")
    .map((box) => box.closest("label")?.textContent);
  expect(names.filter((name) => name?.startsWith("Mean"))).toEqual(["Mean", "Mean before", "Mean after", "Mean before, passed samples", "Mean after, passed samples"]);
});

it("shows the change of the passed samples where it is not that of all", () => {
  const times = (mean_ms: number) => ({ mean_ms, median_ms: 100, p95_ms: 200 });
  const own = { mean_ms: 100, median_ms: 100, p95_ms: 200 };
  const mixed: LineComparison = {
    ...line("Home"),
    change: "worse",
    changed: [{ metric: "mean_ms", before: 100, after: 150, worse: true }],
    before: entryOf("Home", own),
    after: entryOf("Home", { ...own, mean_ms: 90, errors: 5 }),
    passed_after: times(150),
  };
  shown({ outcome: "worse", labels: [mixed] });
  const row = within(screen.getByRole("region", { name: "Labels" })).getByRole("row", { name: /^Home/ });
  // All samples became faster, as failures are fast; those that passed became slower.
  const mean = within(row).getByText("100 → 90 ms").nextElementSibling;
  expect([mean?.textContent, mean?.className]).toEqual(["passed 100 → 150\u00a0ms, +50.0\u00a0%", "change-worse"]);
  // The others are the same.
  const median = within(row).getByText("100 → 100 ms").nextElementSibling;
  expect([median?.textContent, median?.hasAttribute("title")]).toEqual(["±0\u00a0%", false]);
});
