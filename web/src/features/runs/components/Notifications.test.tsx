import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import type { Delivery } from "@/shared/api/types";
import { renderFor, sessionOf, testApi } from "@/test/api";
import { runOf } from "@/test/results";
import { Notifications } from "./Notifications";

const api = testApi();
const run = runOf({ id: "r-1", name: "shop" });
const delivery: Delivery = { run: "r-1", run_name: "shop", target: "ci", id: "n-1", state: "delivered", attempts: 1, next_ms: null, updated_ms: 1, trouble: null };
const trouble = { code: "integration_timeout", message: "https://ci.example:443 does not answer: operation timed out." };

function show(deliveries: Delivery[], role: "member" | "viewer" = "member") {
  api.answer("GET /runs/r-1/notifications", { body: deliveries });
  renderFor(sessionOf(role), <Notifications run={run} />);
}

it("shows nothing without targets", async () => {
  show([]);
  await waitFor(() => expect(api.asked).toHaveLength(1));
  expect(document.body.textContent).toBe("");
});

it("shows a delivered notification without actions", async () => {
  show([delivery]);
  expect(await screen.findByText("delivered")).toBeTruthy();
  expect(screen.queryByRole("button")).toBeNull();
});

it("shows why one is pending, and sends it now on request", async () => {
  show([{ ...delivery, state: "waiting", attempts: 2, next_ms: 0, trouble }]);
  expect(await screen.findByText(trouble.message)).toBeTruthy();
  expect(screen.getByText(/^2 tries · next at/)).toBeTruthy();
  api.answer("POST /runs/r-1/notifications/retry", { status: 202, body: [delivery] });
  await userEvent.click(screen.getByRole("button", { name: "Retry now" }));
  await waitFor(() => expect(api.changes()).toEqual([{ method: "POST", path: "/runs/r-1/notifications/retry?target=ci", body: {} }]));
  expect(await screen.findByText("delivered")).toBeTruthy();
});

it("shows a viewer that delivery failed finally, without a button", async () => {
  show([{ ...delivery, state: "given_up", attempts: 40, trouble }], "viewer");
  expect(await screen.findByText("not delivered")).toBeTruthy();
  expect(screen.queryByRole("button")).toBeNull();
});
