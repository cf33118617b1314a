import { render, screen, within } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { expect, it } from "vitest";
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
  response_times: null,
  tail: null,
  errors: null,
});
const result = (name: string): ComparedResult => ({ name, run_id: null, start_ms: 0, bucket_ms: null, points: [], profile: null, percents: [], summary: summaryOf([entryOf("Home")]) });
const LOAD = "The load differs: 100/s before, 63/s after.";

function shown(more: Partial<Comparison>) {
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
  const report: ComparisonReport = { version: 1, title: "", jac_version: "", created_ms: 0, results: [result("A"), result("B")], comparisons: [comparison] };
  return render(
    <MemoryRouter>
      <ComparisonBody report={report} />
    </MemoryRouter>,
  );
}

it("says first that the load was another one, and calls nothing good then", () => {
  const { container } = shown({ findings: [{ code: "load_differs", message: LOAD, params: {} }], notes: [{ code: "rates_not_judged", message: "How it was tested.", params: {} }] });
  expect([...container.querySelectorAll(".note")].map((note) => note.className)).toEqual(["note note-attention", "note note-info"]);
  expect(container.querySelector(".note")?.textContent.trim()).toBe(LOAD);
  expect(within(screen.getByRole("region", { name: "Method" })).queryByText(LOAD)).toBeNull();
});

it("gives no verdict on what cannot be judged", () => {
  const { container } = shown({ outcome: "cannot_be_judged" });
  expect(container.querySelector(".note-attention strong")?.textContent).toBe("B cannot be compared with A.");
  expect(container.querySelector(".note-good")).toBeNull();
  expect(screen.getByText("not comparable")).toBeDefined();
});
