import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it } from "vitest";
import type { AuditEntry } from "@/shared/api/types";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import { AuditPage, OwnActivityPage } from "./AuditPage";

const api = testApi();
const entry = (id: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
  id,
  at_ms: 0,
  person: { id: "u-1", name: "Ann" },
  via: "session",
  via_name: null,
  address: "10.0.0.7",
  action: "run.create",
  kind: "run",
  thing: "r-1",
  thing_name: "peak",
  outcome: "done",
  code: null,
  details: {},
  ...more,
});
beforeEach(() => {
  api.answer("GET /people", { body: { items: [{ id: "u-2", name: "Bob", role: "member", teams: [] }], next: null } });
  api.answer("GET /audit", { body: { items: [entry(1), entry(2, { outcome: "refused", code: "not_owner", via: "token", via_name: "ci" })], next: null } });
});
const show = (path = "/settings/audit") => renderFor(sessionOf("administrator"), <AuditPage />, path);
const lastSearch = () => {
  const search = new URLSearchParams(
    api.asked
      .filter(({ path }) => path.startsWith("/audit"))
      .at(-1)
      ?.path.split("?")[1],
  );
  search.delete("limit");
  return Object.fromEntries(search);
};

it("shows user, action, object and result", async () => {
  show();
  const row = within(await screen.findByRole("row", { name: /refused: not_owner/ }));
  expect(row.getByText("create run")).toBeDefined();
  expect(row.getByRole("link", { name: "peak" }).getAttribute("href")).toBe("/runs/r-1");
});

it("filters by what is typed, and keeps the filter in the URL", async () => {
  show();
  const form = within(screen.getByRole("form"));
  await form.findByRole("option", { name: "Bob" });
  await userEvent.selectOptions(form.getByLabelText("Person"), "u-2");
  await userEvent.type(form.getByLabelText("Action"), "sign_in");
  await userEvent.click(form.getByRole("button", { name: "Search" }));
  await waitFor(() => expect(lastSearch()).toEqual({ person: "u-2", action: "sign_in" }));
  expect(window.location.search).toBe("?person=u-2&action=sign_in");
});

it("reports an end before the start, without a request", async () => {
  show("/settings/audit?from=2026-11-28T07:00&to=2026-11-28T06:00");
  await screen.findByRole("row", { name: /refused/ });
  expect(screen.getByLabelText("Until").getAttribute("aria-invalid")).toBe("true");
  const asked = api.asked.length;
  await userEvent.click(screen.getByRole("button", { name: "Search" }));
  expect(api.asked).toHaveLength(asked);
});

it("fetches older entries by the cursor", async () => {
  api.answer("GET /audit", { body: { items: [entry(2)], next: "older" } });
  api.answer("GET /audit?limit=100&after=older", { body: { items: [entry(1)], next: null } });
  show();
  await userEvent.click(await screen.findByRole("button", { name: "Load more" }));
  await waitFor(() => expect(lastSearch()).toEqual({ after: "older" }));
});

it("exports the filtered entries, with a ticket for one download", async () => {
  api.answer("HEAD /audit/export", {});
  api.answer("POST /session/tickets", { status: 503, body: fault("unavailable") });
  show("/settings/audit?action=sign_in");
  const link = await screen.findByRole("link", { name: "Export JSON lines" });
  expect(link.getAttribute("href")).toBe("/api/v1/audit/export?format=jsonl&action=sign_in");
  await userEvent.click(link);
  await screen.findByRole("alert");
  expect(api.changes()).toEqual([{ method: "POST", path: "/session/tickets", body: { path: "/api/v1/audit/export" } }]);
});

it("shows users their own activity, without filter by user and export", async () => {
  api.answer("GET /account/audit", { body: { items: [], next: null } });
  renderFor(sessionOf("viewer"), <OwnActivityPage />);
  expect(await screen.findByText("No entries yet.")).toBeDefined();
  expect(screen.queryByLabelText("Person")).toBeNull();
  expect(screen.queryByRole("link", { name: /Export/ })).toBeNull();
  expect(api.asked.map(({ path }) => path.split("?")[0])).toEqual(["/account/audit"]);
});

it("shows an error with a button to retry", async () => {
  api.answer("GET /audit", { status: 403, body: fault("not_owner") });
  show();
  expect((await screen.findByRole("alert")).textContent).toContain("not_owner");
  expect(screen.getByRole("button", { name: "Try again" })).toBeDefined();
});
