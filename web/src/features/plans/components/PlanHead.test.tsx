import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import type { Plan } from "@/shared/api/types";
import { renderFor, sessionOf, testApi } from "@/test/api";
import { PLAN as SHOP } from "@/test/plans";
import { PlanHead } from "./PlanHead";

const PLAN: Plan = { ...SHOP, bytes: 30, files: [{ path: "shop.jmx", kind: "plan", bytes: 10, sha256: null }] };

const api = testApi();
const show = (plan: Plan = PLAN) => renderFor(sessionOf("member"), <PlanHead plan={plan} start={null} />);
const choose = async (item: RegExp) => {
  await userEvent.click(screen.getByRole("button", { name: "More about this plan" }));
  await userEvent.click(screen.getByRole("menuitem", { name: item }));
  return within(screen.getByRole("dialog"));
};

it("renames the plan, and requires a name", async () => {
  api.answer("PATCH /plans/p-1", { body: { ...PLAN, name: "Checkout" } });
  show();
  const dialog = await choose(/^Rename/);
  await userEvent.clear(dialog.getByLabelText("Name"));
  await userEvent.click(dialog.getByRole("button", { name: "Rename" }));
  expect(dialog.getByText("Enter a name.")).toBeDefined();
  await userEvent.type(dialog.getByLabelText("Name"), " Checkout ");
  await userEvent.click(dialog.getByRole("button", { name: "Rename" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(api.changes()).toMatchObject([{ method: "PATCH", path: "/plans/p-1", body: { name: "Checkout" } }]);
});

it("copies the plan under another name and opens the copy, also of another user's plan", async () => {
  api.answer("POST /plans/p-1/duplicate", { body: { ...PLAN, id: "p-2", name: "shop (copy)" } });
  show({ ...PLAN, owner: { id: "u-2", name: "Bob" } });
  const dialog = await choose(/^Duplicate/);
  expect(screen.queryByRole("menuitem", { name: /^Rename/ })).toBeNull();
  await userEvent.click(dialog.getByRole("button", { name: "Duplicate" }));
  await waitFor(() => expect(window.location.pathname).toBe("/plans/p-2"));
  expect(api.changes()).toMatchObject([{ path: "/plans/p-1/duplicate", body: { name: "shop (copy)" } }]);
});
