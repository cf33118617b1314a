import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import type { Plan } from "@/shared/api/types";
import { renderFor, sessionOf, testApi } from "@/test/api";
import { PLAN as SHOP } from "@/test/plans";
import { PlanFiles } from "./PlanFiles";

const PLAN: Plan = {
  ...SHOP,
  bytes: 30,
  files: [
    { path: "shop.jmx", kind: "plan", bytes: 10, sha256: null },
    { path: "users.csv", kind: "data", bytes: 20, sha256: null },
  ],
};

const api = testApi();
const show = (plan: Plan = PLAN) => renderFor(sessionOf("member"), <PlanFiles plan={plan} limits={{ max_upload_bytes: 1000, max_files: 10 }} />);

it("asks for confirmation before removing a file, and removes nothing if cancelled", async () => {
  show();
  await userEvent.click(screen.getByRole("button", { name: "Remove users.csv" }));
  const dialog = within(screen.getByRole("dialog", { name: "Remove users.csv" }));
  await userEvent.click(dialog.getByRole("button", { name: "Cancel" }));
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(api.asked).toEqual([]);
});

it("removes the file after confirmation", async () => {
  api.answer("DELETE /plans/p-1/files/users.csv", { body: { ...PLAN, files: PLAN.files.slice(0, 1) } });
  show();
  await userEvent.click(screen.getByRole("button", { name: "Remove users.csv" }));
  await userEvent.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Remove" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(api.changes()).toMatchObject([{ method: "DELETE", path: "/plans/p-1/files/users.csv" }]);
});

it("shows another user's files without actions", () => {
  show({ ...PLAN, owner: { id: "u-2", name: "Bob" } });
  expect(screen.getByText("users.csv")).toBeDefined();
  expect(screen.queryByRole("button")).toBeNull();
});

it("makes another .jmx the main file with one click", async () => {
  const other = { path: "other.jmx", kind: "plan" as const, bytes: 10, sha256: null };
  api.answer("PATCH /plans/p-1", { body: { ...PLAN, main_file: "other.jmx" } });
  show({ ...PLAN, files: [...PLAN.files, other] });
  await userEvent.click(screen.getByRole("button", { name: "Run other.jmx as the main plan" }));
  await waitFor(() => expect(api.changes()).toMatchObject([{ method: "PATCH", path: "/plans/p-1", body: { main_file: "other.jmx" } }]));
});
