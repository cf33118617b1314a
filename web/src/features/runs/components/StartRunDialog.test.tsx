import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { Check, ClusterSummary, Plan } from "@/shared/api/types";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import { runOf } from "@/test/results";
import { StartRunDialog } from "./StartRunDialog";

const api = testApi();

const PLAN: Plan = {
  id: "p-1",
  name: "shop",
  owner: { id: "u-1", name: "Ann" },
  team: null,
  created_ms: 0,
  revision: 1,
  ephemeral: false,
  keep: [],
  main_file: "shop.jmx",
  files: [],
  criteria: { version: 3, criteria: ["p95 > 800ms"], warm_up_s: 0, stop_rules: [] },
  bytes: 0,
  runs: 0,
  last_run: null,
};
const CHECK: Check = {
  plan: "shop.jmx",
  test_name: null,
  workers: 2,
  thread_groups: [],
  threads_per_node: 600,
  total_threads: 1200,
  duration_s: 90,
  data_files: [],
  properties: [{ name: "threads", default: "600", value: null }],
  findings: [],
  ok: true,
};
const cluster = (more: Partial<ClusterSummary> & Pick<ClusterSummary, "id" | "name">): ClusterSummary => ({
  owner: { id: "u-1", name: "Ann" },
  team: null,
  provider: "local",
  phase: "ready",
  cause: null,
  workers: 2,
  lost_nodes: [],
  current_run: null,
  created_ms: 0,
  ready_ms: 0,
  ended_ms: null,
  expires_at_ms: 0,
  idle_ends_at_ms: null,
  usd_per_hour: null,
  usd_so_far: null,
  ...more,
});

function answers({ check = CHECK, clusters = [cluster({ id: "c-1", name: "walk" })] }: { check?: Check; clusters?: ClusterSummary[] } = {}) {
  api.answer("GET /plans", { body: { items: [PLAN], next: null } });
  api.answer("GET /plans/p-1", { body: PLAN });
  api.answer("GET /plans/p-1/check", { body: check });
  api.answer("GET /clusters", { body: { items: clusters, next: null } });
}
const show = () => renderFor(sessionOf("member"), <StartRunDialog planId={null} clusterId={null} onClose={() => undefined} />);
const dialog = () => within(screen.getByRole("dialog", { name: "Start run" }));
const start = () => userEvent.click(dialog().getByRole("button", { name: "Start run" }));
const sum = () => screen.getByRole("dialog").querySelector(".sum")?.textContent;
/** The plan was checked, and what it keeps is in the form. */
const ready = () => screen.findByLabelText("Limit");

beforeEach(() => answers());

it("takes the only plan and the only cluster, and says how many users that is", async () => {
  show();
  await waitFor(() => expect(sum()).toContain("600 users on each of 2 workers = 1,200 users, for 1\u00a0min\u00a030\u00a0s"));
  expect(dialog().getByLabelText<HTMLSelectElement>("Plan").value).toBe("p-1");
  expect(dialog().getByLabelText<HTMLSelectElement>("Cluster").value).toBe("c-1");
  expect(api.asked.some(({ path }) => path === "/plans/p-1/check?workers=2")).toBe(true);
});

it("starts with the plan's own criteria, sending none of its own, and goes to the run", async () => {
  api.answer("POST /runs", { body: runOf({ id: "r-9", name: "shop" }) });
  show();
  await ready();
  await start();
  await waitFor(() => expect(window.location.pathname).toBe("/runs/r-9"));
  const [{ path, body } = { path: "", body: {} }] = api.changes();
  expect([path, body]).toEqual(["/runs", expect.objectContaining({ plan_id: "p-1", cluster_id: "c-1" })]);
  for (const field of ["criteria", "stop_rules", "properties"]) expect((body as Record<string, unknown>)[field] ?? null).toSatisfy((value) => value === null || JSON.stringify(value) === "{}");
});

it("sends a property that was changed, and does not claim to know the sum any more", async () => {
  api.answer("POST /runs", { body: runOf({ id: "r-9", name: "shop" }) });
  show();
  await ready();
  const threads = dialog().getByLabelText("threads");
  await userEvent.clear(threads);
  await userEvent.type(threads, "5");
  expect(sum()).toMatch(/^On walk, .*1,200 users/);
  await start();
  await waitFor(() => expect(api.changes()[0]?.body).toMatchObject({ properties: { threads: "5" } }));
});

describe("what is wrong with it", () => {
  it("is said beside the fields, all at once, and asks nothing of the server", async () => {
    answers({ clusters: [] });
    show();
    await ready();
    await userEvent.type(dialog().getByLabelText("Graceful stop timeout"), "soon");
    await userEvent.clear(dialog().getByLabelText("Limit"));
    expect(dialog().getByLabelText("Cluster").getAttribute("aria-invalid")).toBe("false");
    await start();
    for (const field of ["Cluster", "Graceful stop timeout"]) expect(dialog().getByLabelText(field).getAttribute("aria-invalid")).toBe("true");
    expect(dialog().getByLabelText("Limit").className).toContain("is-invalid");
    expect(api.changes()).toEqual([]);
  });
  it("cannot be started while the plan has errors", async () => {
    answers({ check: { ...CHECK, ok: false, findings: [{ severity: "error", code: "file_missing", element: null, message: "users.csv is missing.", hint: null, params: { path: "users.csv" } }] } });
    show();
    await ready();
    expect(dialog().getByRole("button", { name: "Start run" })).toHaveProperty("disabled", true);
    expect(dialog().getByText("users.csv is missing.")).toBeDefined();
  });
  it("stays in the dialog where the server refuses it", async () => {
    api.answer("POST /runs", { status: 409, body: fault("cluster_busy") });
    show();
    await ready();
    await start();
    expect((await screen.findByRole("alert")).textContent).toContain("cluster_busy");
    expect(dialog().getByRole("button", { name: "Start run" })).toHaveProperty("disabled", false);
  });
});

it("offers only clusters of one's own that are ready and free", async () => {
  answers({
    clusters: [
      cluster({ id: "c-1", name: "walk" }),
      cluster({ id: "c-2", name: "busy", current_run: "r-1" }),
      cluster({ id: "c-3", name: "coming", phase: "launching" }),
      cluster({ id: "c-4", name: "Bob’s", owner: { id: "u-2", name: "Bob" } }),
    ],
  });
  show();
  await ready();
  const options = within(dialog().getByLabelText("Cluster")).getAllByRole<HTMLOptionElement>("option");
  expect(options.map(({ value, disabled }) => [value, disabled])).toEqual([
    ["", false],
    ["c-1", false],
    ["c-2", true],
    ["c-3", true],
    ["c-4", true],
  ]);
});

describe("like a run before", () => {
  const SECRET: Check = { ...CHECK, properties: [...CHECK.properties, { name: "password", default: null, value: null }] };
  const LAST = runOf({ id: "r-1", name: "peak", workers: 2, plan_revision: 1, criteria_version: 3, criteria_expressions: ["p95 > 800ms"], properties: { threads: "6", password: "***" } });
  const again = (like = LAST) => renderFor(sessionOf("member"), <StartRunDialog planId="p-1" clusterId="c-1" like={like} onClose={() => undefined} />);
  const difference = () => screen.getByRole("dialog").querySelector(".run-difference")?.textContent;
  beforeEach(() => answers({ check: SECRET }));

  it("begins as it was, says what is changed since, and asks for a masked value again", async () => {
    api.answer("POST /runs", { body: runOf({ id: "r-9", name: "peak" }) });
    again();
    await ready();
    expect(difference()).toBe("Same settings as the last run.");
    const threads = dialog().getByLabelText<HTMLInputElement>("threads");
    expect([threads.value, dialog().getByLabelText<HTMLInputElement>("password").value]).toEqual(["6", ""]);
    await userEvent.clear(threads);
    await userEvent.type(threads, "12");
    expect(difference()).toBe("Since the last run: threads 6 → 12.");
    await start();
    expect(dialog().getByText("Enter the value again.")).toBeDefined();
    expect(api.changes()).toEqual([]);
    await userEvent.type(dialog().getByLabelText("password"), "hunter2");
    expect(difference()).not.toContain("hunter2");
    await start();
    await waitFor(() => expect(api.changes()[0]?.body).toMatchObject({ plan_id: "p-1", cluster_id: "c-1", name: "peak", properties: { threads: "12", password: "hunter2" }, secret: ["password"] }));
  });
  it("offers the plan's own values in place of them", async () => {
    again();
    await ready();
    await userEvent.click(dialog().getByRole("button", { name: "Start from the plan’s defaults" }));
    expect(dialog().getByLabelText<HTMLInputElement>("threads").value).toBe("600");
    expect(difference()).toBe("Since the last run: threads 6 → 600, password removed.");
  });
  it("leaves the cluster to be chosen where its own is gone, and runs the revision that is chosen", async () => {
    api.answer("GET /plans/p-1", { body: { ...PLAN, revision: 2 } });
    again({ ...LAST, cluster: { id: "c-0", name: "gone" } });
    await ready();
    expect(dialog().getByLabelText<HTMLSelectElement>("Cluster").value).toBe("");
    expect(dialog().getByLabelText<HTMLSelectElement>("Plan revision").selectedOptions[0]?.textContent).toBe("As it was, revision 1");
    await userEvent.selectOptions(dialog().getByLabelText("Plan revision"), "Newest, revision 2");
    expect(difference()).toBe("Since the last run: revision 1 → 2.");
  });
});
