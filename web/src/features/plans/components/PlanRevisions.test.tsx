import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import type { Plan, RevisionView } from "@/shared/api/types";
import { renderFor, sessionOf, testApi } from "@/test/api";
import { PLAN as SHOP } from "@/test/plans";
import { PlanRevisions } from "./PlanRevisions";

const ADA = { id: "u-2", name: "Ada" };
const PLAN: Plan = { ...SHOP, revision: 3 };

const api = testApi();

function revision(number: number, more: Partial<RevisionView> = {}): RevisionView {
  return {
    revision: number,
    created_ms: 0,
    by: ADA,
    files: 1,
    bytes: 10,
    main_file: "shop.jmx",
    runs: 0,
    changes_from: number - 1,
    changes: [{ path: "shop.jmx", change: "changed" }],
    changed_files: 1,
    ...more,
  };
}

it("shows who changed what, and older revisions on request", async () => {
  api.answer("GET /plans/p-1/revisions", { body: { items: [revision(3, { runs: 2 })], next: 3 } });
  renderFor(sessionOf("viewer"), <PlanRevisions plan={PLAN} />);
  expect(await screen.findByText(/Revision 3, current/)).toBeDefined();
  expect(screen.getByText("changed shop.jmx")).toBeDefined();
  expect(screen.getByText("2 runs")).toBeDefined();
  api.answer("GET /plans/p-1/revisions", { body: { items: [revision(2, { by: null, created_ms: null, changes_from: null, changes: [], changed_files: 0 })], next: null } });
  await userEvent.click(screen.getByRole("button", { name: "Show older revisions" }));
  expect(await screen.findByText("made before revisions were recorded")).toBeDefined();
  expect(api.asked.map(({ path }) => path)).toContain("/plans/p-1/revisions?before=3");
});

it("compares a revision with the previous one, line by line", async () => {
  api.answer("GET /plans/p-1/revisions", { body: { items: [revision(3), revision(2)], next: null } });
  const lines = [
    { change: "removed", text: "old" },
    { change: "added", text: "new" },
  ];
  api.answer("GET /plans/p-1/revisions/2/compare/3", {
    body: { from: 2, to: 3, files: [{ path: "shop.jmx", change: "changed", from_bytes: 9, to_bytes: 10, hunks: [{ from_line: 4, to_line: 4, lines }], is_cut: true }] },
  });
  renderFor(sessionOf("viewer"), <PlanRevisions plan={PLAN} />);
  await userEvent.click(await screen.findByRole("button", { name: "Compare revision 3 with 2" }));
  const file = within(await screen.findByRole("region", { name: "shop.jmx" }));
  expect(file.getByText("removed:").parentElement?.textContent).toContain("old");
  expect(file.getByText("added:").parentElement?.textContent).toContain("new");
  expect(file.getByText("Not all changed lines are shown.")).toBeDefined();
});

it("is not shown for a plan without changes", () => {
  renderFor(sessionOf("viewer"), <PlanRevisions plan={{ ...PLAN, revision: 1 }} />);
  expect(screen.queryByText("Revisions")).toBeNull();
});

it("says that two revisions with the same files run different ones of them", async () => {
  api.answer("GET /plans/p-1/revisions", { body: { items: [revision(3, { main_file: "peak.jmx", changes: [], changed_files: 0 }), revision(2)], next: null } });
  api.answer("GET /plans/p-1/revisions/2/compare/3", { body: { from: 2, to: 3, files: [] } });
  renderFor(sessionOf("viewer"), <PlanRevisions plan={PLAN} />);
  await userEvent.click(await screen.findByRole("button", { name: "Compare revision 3 with 2" }));
  expect((await screen.findByText(/have the same files/)).textContent).toMatch(/2 runs shop\.jmx.*3 runs peak\.jmx/);
});
