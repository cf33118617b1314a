import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import type { Info } from "@/shared/api/types";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import { FirstSteps } from "./FirstSteps";

const api = testApi();

const INFO = { providers: ["local", "ssh", "ec2"], java: { found: true }, jmeter: { found: true } } as unknown as Info;
const show = (role: "member" | "administrator", info = INFO) => renderFor(sessionOf(role), <FirstSteps hasPlan={false} clusters={[]} info={info} />);
const button = () => screen.getByRole("button", { name: "Run the example" });

it("runs the example with one click: plan, ephemeral local cluster, run", async () => {
  api.answer("POST /plans", { body: { id: "p-1" } });
  api.answer("GET /clusters/defaults", { body: { workers: 2, lifetime_minutes: 480, remove_after_run: false } });
  api.answer("POST /clusters", { body: { id: "c-1" } });
  api.answer("POST /runs", { body: { id: "r-1" } });
  show("member");
  await userEvent.click(button());
  await expect.poll(() => window.location.pathname).toBe("/runs/r-1");
  // Also while the run's page loads.
  expect(button()).toHaveProperty("disabled", true);
  expect(api.changes().map(({ path }) => path)).toEqual(["/plans", "/clusters", "/runs"]);
  expect(api.changes()[1]?.body).toEqual({ name: "example", provider: "local", config: { workers: 1, lifetime_minutes: 30, remove_after_run: true } });
  expect(api.changes()[2]?.body).toEqual({ cluster_id: "c-1", plan_id: "p-1" });
});

it("shows what failed, and can be retried", async () => {
  api.answer("POST /plans", { body: { id: "p-1" } });
  api.answer("GET /clusters/defaults", { body: {} });
  api.answer("POST /clusters", { status: 409, body: fault("java_missing") });
  show("member");
  await userEvent.click(button());
  expect((await screen.findByRole("alert")).textContent).toContain("java_missing");
  expect(button()).toHaveProperty("disabled", false);
});

it("offers no example on a machine without the local provider or without Java", () => {
  show("member", { ...INFO, providers: ["ec2"] });
  expect(screen.queryByRole("button", { name: "Run the example" })).toBeNull();
});

it("links to AWS for a member, who may save credentials, but not to the users, whom only an administrator invites", () => {
  show("member");
  expect(screen.getByRole("link", { name: "Connect AWS" }).getAttribute("href")).toBe("/settings/credentials?add");
  expect(screen.queryByRole("link", { name: "Invite people" })).toBeNull();
});
