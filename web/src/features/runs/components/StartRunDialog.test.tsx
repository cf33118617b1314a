import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keys } from "@/shared/api/keys";
import type { Check, ClusterSummary } from "@/shared/api/types";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import { CHECK, PLAN, threadGroup } from "@/test/plans";
import { runOf } from "@/test/results";
import { EC2 } from "@/features/clusters/ec2Form.fixture";
import { StartRunDialog } from "./StartRunDialog";

const api = testApi();

const cluster = (more: Partial<ClusterSummary> & Pick<ClusterSummary, "id" | "name">): ClusterSummary => ({
  owner: { id: "u-1", name: "Ann" },
  team: null,
  provider: "local",
  phase: "ready",
  cause: null,
  workers: 2,
  lost_nodes: [],
  current_run: null,
  remove_after_run: false,
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
  api.answer("POST /plans/p-1/check", { body: { ...check, faults: [] } });
  api.answer("GET /clusters", { body: { items: clusters, next: null } });
}
const show = () => renderFor(sessionOf("member"), <StartRunDialog planId={null} clusterId={null} onClose={() => undefined} />);
const dialog = () => within(screen.getByRole("dialog", { name: "Start run" }));
const start = () => userEvent.click(dialog().getByRole("button", { name: "Start run" }));
const sum = () => screen.getByRole("dialog").querySelector(".sum")?.textContent;
/** Waits until the plan is checked and its settings are in the form. */
const ready = () => screen.findByLabelText("Limit");

beforeEach(() => answers());
afterEach(() => vi.restoreAllMocks());

it("preselects the only plan and the only cluster, and shows the number of users", async () => {
  show();
  await waitFor(() => expect(sum()).toContain("600 users on each of 2 workers = 1,200 users, for 1\u00a0min\u00a030\u00a0s"));
  expect(dialog().getByLabelText<HTMLSelectElement>("Plan").value).toBe("p-1");
  expect(dialog().getByLabelText<HTMLSelectElement>("Cluster").value).toBe("c-1");
  expect(api.asked.some(({ path }) => path === "/plans/p-1/check?workers=2")).toBe(true);
});

it("warns before the start that the cluster's nodes have different versions of Java", async () => {
  const warnings = [{ code: "java_versions_differ", params: { java: ["17.0.15", "21.0.9"] }, message: "17.0.15 on master; 21.0.9 on worker-1." }];
  api.answer("GET /clusters/c-1", { body: { ...cluster({ id: "c-1", name: "walk" }), warnings, config: { jmeter_version: null } } });
  show();
  await dialog().findByText("17.0.15 on master; 21.0.9 on worker-1.");
});

it("checks the plan for the JMeter of the selected cluster, and not before", async () => {
  api.answer("GET /clusters/c-1", { body: { ...cluster({ id: "c-1", name: "walk" }), warnings: [], config: { jmeter_version: "5.5" } } });
  show();
  const checks = () => api.asked.filter(({ method, path }) => method === "POST" && path === "/plans/p-1/check").map(({ body }) => body);
  await waitFor(() => expect(checks()).toEqual([expect.objectContaining({ provider: "local", jmeter_version: "5.5" })]));
});

it("starts with the plan's criteria, sending none of its own, and opens the run", async () => {
  api.answer("POST /runs", { body: runOf({ id: "r-9", name: "shop" }) });
  show();
  await ready();
  await start();
  await waitFor(() => expect(window.location.pathname).toBe("/runs/r-9"));
  const [{ path, body } = { path: "", body: {} }] = api.changes();
  expect([path, body]).toEqual(["/runs", expect.objectContaining({ plan_id: "p-1", cluster_id: "c-1" })]);
  for (const field of ["criteria", "stop_rules", "properties"]) expect((body as Record<string, unknown>)[field] ?? null).toSatisfy((value) => value === null || JSON.stringify(value) === "{}");
});

it("shows the number of users of the current settings by the server's check, and sends them", async () => {
  api.answer("POST /runs", { body: runOf({ id: "r-9", name: "shop" }) });
  api.answer("POST /plans/p-1/check", { body: { ...CHECK, threads_per_node: 5, total_threads: 10, faults: [] } });
  show();
  await ready();
  const threads = dialog().getByLabelText("threads");
  await userEvent.clear(threads);
  await userEvent.type(threads, "5");
  await waitFor(() => expect(sum()).toContain("5 users on each of 2 workers = 10 users"));
  const checks = api.asked.filter(({ method, path }) => method === "POST" && path === "/plans/p-1/check");
  expect(checks.at(-1)?.body).toMatchObject({ workers: 2, properties: { threads: "5" } });
  await start();
  await waitFor(() => expect(api.changes()[0]?.body).toMatchObject({ properties: { threads: "5" } }));
});

it("divides a total by the number of workers with one click", async () => {
  api.answer("POST /runs", { body: runOf({ id: "r-9", name: "shop" }) });
  api.answer("POST /plans/p-1/check", { body: { ...CHECK, threads_per_node: 301, total_threads: 601, faults: [] } });
  show();
  await ready();
  await userEvent.click(dialog().getByRole("button", { name: "each" }));
  await userEvent.clear(dialog().getByLabelText("threads"));
  await userEvent.type(dialog().getByLabelText("threads"), "601");
  await waitFor(() => expect(sum()).toContain("601 users on 2 workers, up to 301 each"));
  await start();
  await waitFor(() => expect(api.changes()[0]?.body).toMatchObject({ share: { threads: 601 }, properties: {} }));
});

it("divides a total of users through the property that the plan reads", async () => {
  api.answer("POST /runs", { body: runOf({ id: "r-9", name: "shop" }) });
  api.answer("POST /plans/p-1/check", { body: { ...CHECK, threads_per_node: 301, total_threads: 601, faults: [] } });
  show();
  await ready();
  await userEvent.type(dialog().getByLabelText("Total users"), "601");
  expect(dialog().getByLabelText<HTMLInputElement>("threads").value).toBe("601");
  await waitFor(() => expect(sum()).toContain("601 users on 2 workers, up to 301 each"));
  await userEvent.clear(dialog().getByLabelText("Total users"));
  expect(dialog().getByLabelText<HTMLInputElement>("threads").value).toBe("600");
  await userEvent.type(dialog().getByLabelText("Total users"), "601");
  await start();
  await waitFor(() => expect(api.changes()[0]?.body).toMatchObject({ share: { threads: 601 }, properties: {} }));
});

it("shows the number of workers for a total if the plan's number is fixed, and how to make it a property", async () => {
  const fixed = { ...CHECK, thread_groups: [threadGroup("Users", null, 100)], threads_per_node: 100, total_threads: 200, properties: [] };
  answers({ check: fixed });
  show();
  await ready();
  const total = dialog().getByLabelText("Total users");
  expect(dialog().getByText(/The plan has a fixed number: 100 users on each worker, 200 on 2 workers/)).toBeDefined();
  const button = () => dialog().getByRole<HTMLButtonElement>("button", { name: "Start run" });
  await userEvent.type(total, "500");
  expect([total.getAttribute("aria-invalid"), button().disabled]).toEqual(["true", true]);
  expect(sum()).toBe("Fix the errors above.");
  expect(dialog().getByText(/^5 workers: 500 users/)).toBeDefined();
  expect(dialog().getByRole("button", { name: "${__P(users,100)}" })).toBeDefined();
  await userEvent.clear(total);
  await userEvent.type(total, "250");
  expect([dialog().getByText(/^2 workers: 200 users/), dialog().getByText(/^3 workers: 300 users/)]).toHaveLength(2);
  await userEvent.clear(total);
  await userEvent.type(total, "200");
  expect([total.getAttribute("aria-invalid"), button().disabled]).toEqual(["false", false]);
});

it("shows the server's errors at their fields before the start", async () => {
  const faults = [{ code: "not_a_number", field: "/properties/threads", message: "“many” is no whole number." }];
  api.answer("POST /plans/p-1/check", { body: { ...CHECK, ok: false, faults } });
  show();
  await ready();
  await userEvent.clear(dialog().getByLabelText("threads"));
  await userEvent.type(dialog().getByLabelText("threads"), "many");
  expect(await dialog().findByText("“many” is no whole number.")).toBeDefined();
  expect(dialog().getByLabelText("threads").getAttribute("aria-invalid")).toBe("true");
  expect(dialog().getByRole("button", { name: "Start run" })).toHaveProperty("disabled", true);
});

describe("on a new cluster", () => {
  const CONFIG = {
    workers: 2,
    heap_mb: null,
    lifetime_minutes: 60,
    idle_minutes: null,
    remove_after_run: false,
    ssh: null,
    ec2: EC2,
    jmeter_home: null,
    jmeter_version: null,
    min_workers: null,
  };
  const chooseNew = async () => {
    show();
    await ready();
    await userEvent.selectOptions(dialog().getByLabelText("Cluster"), "new");
    await dialog().findByLabelText("Workers");
  };
  beforeEach(() => {
    api.answer("GET /clusters/defaults", { body: CONFIG });
    api.answer("GET /info", { body: { providers: ["local", "ec2"], limits: { max_workers: 16 }, jmeter: { version: "5.6.3" }, jmeter_versions: ["5.6.3"] } });
    api.answer("GET /credentials", { body: [] });
    api.answer("GET /credentials/environment", { body: { allowed: true, available: true } });
    api.answer("GET /images", { body: [] });
    api.answer("POST /runs", { body: runOf({ id: "r-9", name: "shop" }) });
  });
  it("starts with local processes at once, and says that the cluster is terminated after the run", async () => {
    await chooseNew();
    await waitFor(() => expect(sum()).toContain("on a new cluster: "));
    expect(sum()).toContain("terminated after the run");
    await start();
    await waitFor(() => expect(window.location.pathname).toBe("/runs/r-9"));
    const body = api.changes()[0]?.body as Record<string, unknown>;
    expect(body).toMatchObject({ plan_id: "p-1", new_cluster: { provider: "local", config: { workers: 2, remove_after_run: true } } });
    expect("cluster_id" in body).toBe(false);
  });
  it("sets the number of workers for a total of users with one click", async () => {
    answers({ check: { ...CHECK, thread_groups: [threadGroup("Users", null, 100)], threads_per_node: 100, total_threads: 200, properties: [] } });
    show();
    await ready();
    await userEvent.type(dialog().getByLabelText("Total users"), "500");
    await userEvent.click(await dialog().findByRole("button", { name: "New cluster with 5 workers" }));
    expect((await dialog().findByLabelText<HTMLInputElement>("Workers")).value).toBe("5");
    expect(dialog().getByLabelText("Total users").getAttribute("aria-invalid")).toBe("false");
  });
  it("shows the price of machines before the button that starts them", async () => {
    api.answer("POST /clusters/forecast", { body: { usd_per_hour: 1.5, faults: [], notes: [] } });
    await chooseNew();
    await userEvent.click(dialog().getByRole("radio", { name: /EC2/ }));
    await waitFor(() => expect(dialog().getByLabelText<HTMLSelectElement>(/credentials/i).value).toBe("environment"));
    await userEvent.click(await dialog().findByRole("button", { name: "Check and show price" }));
    await waitFor(() => expect(sum()).toMatch(/\$\s?1\.50 an hour/));
    expect(api.changes().map(({ path }) => path)).toEqual(["/clusters/forecast"]);
    await start();
    await waitFor(() => expect(api.changes().at(-1)).toMatchObject({ path: "/runs", body: { new_cluster: { provider: "ec2" } } }));
  });
  it("shows the error of a refused start only until its field is corrected, and then scrolls to the new price", async () => {
    api.answer("POST /clusters/forecast", { body: { usd_per_hour: 1.5, faults: [], notes: [] } });
    api.answer("POST /runs", { status: 400, body: fault("cluster_invalid", "/new_cluster/config/lifetime_minutes") });
    await chooseNew();
    await userEvent.click(dialog().getByRole("radio", { name: /EC2/ }));
    await waitFor(() => expect(dialog().getByLabelText<HTMLSelectElement>(/credentials/i).value).toBe("environment"));
    await userEvent.click(await dialog().findByRole("button", { name: "Check and show price" }));
    await userEvent.click(await dialog().findByRole("button", { name: "Start run" }));
    const lifetime = dialog().getByLabelText("Lifetime");
    await waitFor(() => expect(lifetime.getAttribute("aria-invalid")).toBe("true"));
    await userEvent.type(lifetime, "0");
    expect(lifetime.getAttribute("aria-invalid")).toBe("false");
    const seen = vi.spyOn(Element.prototype, "scrollIntoView");
    await userEvent.click(dialog().getByRole("button", { name: "Check and show price" }));
    await waitFor(() => expect(seen.mock.contexts.map((element) => (element as Element).classList.contains("forecast"))).toEqual([true]));
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("its errors", () => {
  it("are shown at the fields, all at once, without a request", async () => {
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
  it("are said at the button, and the first of them has the focus", async () => {
    show();
    await ready();
    await userEvent.clear(dialog().getByLabelText("Limit"));
    await userEvent.type(dialog().getByLabelText("Graceful stop timeout"), "soon");
    expect(sum()).toContain("600 users");
    await start();
    expect(sum()).toBe("Fix the errors above.");
    expect(document.activeElement).toBe(dialog().getByLabelText("Limit"));
    await userEvent.type(dialog().getByLabelText("Limit"), "1");
    await start();
    expect(document.activeElement).toBe(dialog().getByLabelText("Graceful stop timeout"));
    expect(api.changes()).toEqual([]);
  });
  it("are said at the button if only the server finds them", async () => {
    api.answer("POST /plans/p-1/check", { body: { ...CHECK, faults: [{ code: "share_invalid", field: "/share", message: "There are 2 workers." }] } });
    show();
    await ready();
    await userEvent.type(dialog().getByLabelText("Total users"), "1");
    await waitFor(() => expect(sum()).toBe("Fix the errors above."));
    expect(dialog().getByRole("button", { name: "Start run" })).toHaveProperty("disabled", true);
  });
  it("keep it from starting while the plan has any", async () => {
    answers({ check: { ...CHECK, ok: false, findings: [{ severity: "error", code: "file_missing", element: null, message: "users.csv is missing.", hint: null, params: { path: "users.csv" } }] } });
    show();
    await ready();
    expect(dialog().getByRole("button", { name: "Start run" })).toHaveProperty("disabled", true);
    expect(dialog().getByText("users.csv is missing.")).toBeDefined();
  });
  it("stay in the dialog if the server rejects the run", async () => {
    api.answer("POST /runs", { status: 409, body: fault("cluster_busy") });
    show();
    await ready();
    await start();
    expect((await screen.findByRole("alert")).textContent).toContain("cluster_busy");
    expect(dialog().getByRole("button", { name: "Start run" })).toHaveProperty("disabled", false);
  });
});

it("offers only the user's own clusters, and waits for one that is busy or not ready yet", async () => {
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
    ["new", false],
    ["c-1", false],
    ["c-2", false],
    ["c-3", false],
    ["c-4", true],
  ]);
  api.answer("POST /runs", { body: runOf({ id: "r-9", name: "peak" }) });
  await userEvent.selectOptions(dialog().getByLabelText("Cluster"), "c-2");
  expect(dialog().getByText(/^Busy: the run waits/)).toBeDefined();
  await userEvent.click(dialog().getByRole("button", { name: "Queue run" }));
  await waitFor(() => expect(api.changes().at(-1)?.body).toMatchObject({ cluster_id: "c-2", queue: true }));
});

it("offers no cluster that is terminated after the run that uses it", async () => {
  answers({
    clusters: [
      cluster({ id: "c-1", name: "used", current_run: "r-1", remove_after_run: true }),
      cluster({ id: "c-2", name: "coming", phase: "launching", current_run: "r-2", remove_after_run: true }),
      cluster({ id: "c-3", name: "free", remove_after_run: true }),
    ],
  });
  show();
  await ready();
  expect([/^used/, /^coming/, /^free/].map((name) => dialog().getByRole<HTMLOptionElement>("option", { name }).disabled)).toEqual([true, true, false]);
  expect(dialog().getByLabelText<HTMLSelectElement>("Cluster").value).toBe("c-3");
});

it("starts on a cluster that is not ready yet, preselected if it is the only one", async () => {
  answers({
    clusters: [cluster({ id: "c-3", name: "coming", phase: "launching" }), cluster({ id: "c-5", name: "gone", phase: "terminating" }), cluster({ id: "c-6", name: "lossy", lost_nodes: ["worker-1"] })],
  });
  api.answer("POST /runs", { body: runOf({ id: "r-9", name: "peak" }) });
  show();
  await ready();
  expect(dialog().getByLabelText<HTMLSelectElement>("Cluster").value).toBe("c-3");
  expect(dialog().getByText(/when the cluster is ready/)).toBeDefined();
  expect(dialog().getByRole("option", { name: /lossy/ })).toHaveProperty("disabled", true);
  await start();
  await waitFor(() => expect(api.changes().at(-1)?.body).toMatchObject({ cluster_id: "c-3" }));
  expect(api.changes().at(-1)?.body).not.toHaveProperty("queue");
});

describe("like an earlier run", () => {
  const SECRET: Check = { ...CHECK, properties: [...CHECK.properties, { name: "password", default: null, value: null }] };
  const LAST = runOf({ id: "r-1", name: "peak", workers: 2, plan_revision: 1, criteria_version: 3, criteria_expressions: ["p95 > 800ms"], properties: { threads: "6", password: "***" } });
  const again = (like = LAST) => renderFor(sessionOf("member"), <StartRunDialog planId="p-1" clusterId="c-1" like={like} onClose={() => undefined} />);
  const difference = () => screen.getByRole("dialog").querySelector(".run-difference")?.textContent;
  beforeEach(() => answers({ check: SECRET }));

  it("starts with its settings, shows what has changed since, and asks for masked values again", async () => {
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
  it("offers to use the plan's own values", async () => {
    again();
    await ready();
    await userEvent.click(dialog().getByRole("button", { name: "Start from the plan’s defaults" }));
    expect(dialog().getByLabelText<HTMLInputElement>("threads").value).toBe("600");
    expect(difference()).toBe("Since the last run: threads 6 → 600, password removed.");
    expect(dialog().queryByText(/^Starts with the settings of/)).toBeNull();
  });
  it("starts another plan without any of its properties, so that no secret is stored in clear text", async () => {
    const secrets = { ...LAST, properties: { threads: "6", pin: "***" }, system_properties: { "javax.net.ssl.keyStorePassword": "***" }, share: { threads: 7 } };
    api.answer("GET /plans", { body: { items: [PLAN, { ...PLAN, id: "p-2", name: "other" }], next: null } });
    api.answer("GET /plans/p-2", { body: { ...PLAN, id: "p-2", name: "other" } });
    api.answer("GET /plans/p-2/check", { body: CHECK });
    api.answer("POST /plans/p-2/check", { body: { ...CHECK, faults: [] } });
    api.answer("POST /runs", { body: runOf({ id: "r-9", name: "other" }) });
    again(secrets);
    await ready();
    await userEvent.type(dialog().getByLabelText("One name=value per line"), "1234");
    await userEvent.selectOptions(dialog().getByLabelText("Plan"), "p-2");
    await ready();
    expect(dialog().getByLabelText<HTMLTextAreaElement>("One name=value per line").value).toBe("");
    await start();
    await waitFor(() => expect(api.changes()).toHaveLength(1));
    expect(api.changes()[0]?.body).toEqual({ plan_id: "p-2", cluster_id: "c-1", properties: {}, properties_files: [], split: [], stop_timeout_s: 30 });
  });
  it("no longer says that it has its settings once another plan was selected", async () => {
    api.answer("GET /plans", { body: { items: [PLAN, { ...PLAN, id: "p-2", name: "other" }], next: null } });
    again();
    await ready();
    expect(dialog().getByText(/^Starts with the settings of/)).toBeDefined();
    for (const plan of ["p-2", "p-1"]) await userEvent.selectOptions(dialog().getByLabelText("Plan"), plan);
    await ready();
    expect(dialog().getByLabelText<HTMLInputElement>("threads").value).toBe("600");
    expect(dialog().queryByText(/^Starts with the settings of/)).toBeNull();
  });
  it("says that the newest revision runs another of the same files", async () => {
    api.answer("GET /plans/p-1", { body: { ...PLAN, revision: 2, main_file: "peak.jmx" } });
    api.answer("GET /plans/p-1/revisions/1/compare/2", { body: { from: 1, to: 2, files: [] } });
    renderFor(sessionOf("member"), <StartRunDialog planId="p-1" clusterId="c-1" newest like={{ ...LAST, main_file: "shop.jmx" }} onClose={() => undefined} />);
    await ready();
    expect((await dialog().findByText(/have the same files/)).textContent).toMatch(/1 runs shop\.jmx.*2 runs peak\.jmx/);
  });
  const GONE = { id: "c-0", name: "gone" };
  /** A cluster of that many workers that has ended, and the server's defaults: 2 workers. */
  const ended = (workers: number) => {
    const config = { workers, heap_mb: 768, lifetime_minutes: 45, idle_minutes: null, remove_after_run: true, ssh: null, ec2: null, jmeter_home: null, jmeter_version: "5.5", min_workers: null };
    const gone = { ...cluster({ ...GONE, phase: "terminated" }), nodes: [], warnings: [], config };
    api.answer("GET /clusters/c-0", { body: gone });
    api.answer("GET /clusters/defaults", { body: { ...config, workers: 2, heap_mb: null, jmeter_version: null, remove_after_run: false, ec2: EC2 } });
    api.answer("GET /info", { body: { providers: ["local", "ec2"], limits: { max_workers: 16 }, jmeter: { version: "5.6.3" }, jmeter_versions: ["5.6.3", "5.5"] } });
    api.answer("POST /runs", { body: runOf({ id: "r-9", name: "peak" }) });
    return gone;
  };
  it.each([
    [1, "2"],
    [0, "0"],
    [3, "3"],
  ])("after a try run on a cluster of %i workers, a new one has %s", async (workers, offered) => {
    ended(workers);
    again({ ...LAST, properties: {}, try_run: true, cluster: GONE });
    await ready();
    expect((await dialog().findByLabelText<HTMLInputElement>("Workers")).value).toBe(offered);
  });
  it("creates its cluster again if that has ended since it was loaded", async () => {
    const gone = ended(3);
    api.answer("GET /clusters/c-0", { body: { ...gone, phase: "ready" } });
    const client = again({ ...LAST, properties: {}, cluster: GONE });
    await ready();
    expect(dialog().getByLabelText<HTMLSelectElement>("Cluster").value).toBe("c-0");
    act(() => void client.setQueryData(keys.cluster("c-0"), gone));
    await waitFor(() => expect(dialog().getByLabelText<HTMLSelectElement>("Cluster").value).toBe("new"));
    expect((await dialog().findByLabelText<HTMLInputElement>("Workers")).value).toBe("3");
  });
  it("creates its cluster again if that has ended", async () => {
    ended(3);
    again({ ...LAST, properties: {}, cluster: GONE });
    await ready();
    expect(dialog().getByLabelText<HTMLSelectElement>("Cluster").value).toBe("new");
    expect((await dialog().findByLabelText<HTMLInputElement>("Workers")).value).toBe("3");
    await start();
    await waitFor(() => expect(api.changes()).toHaveLength(1));
    expect(api.changes()[0]?.body).toMatchObject({ new_cluster: { provider: "local", config: { workers: 3, heap_mb: 768, lifetime_minutes: 45, jmeter_version: "5.5", remove_after_run: true } } });
  });
  it("requires a cluster if the earlier one is gone, and runs the selected revision", async () => {
    api.answer("GET /plans/p-1", { body: { ...PLAN, revision: 2 } });
    again({ ...LAST, cluster: { id: "c-0", name: "gone" } });
    await ready();
    expect(dialog().getByLabelText<HTMLSelectElement>("Cluster").value).toBe("");
    expect(dialog().getByLabelText<HTMLSelectElement>("Plan revision").selectedOptions[0]?.textContent).toBe("Same as last run: revision 1");
    await userEvent.selectOptions(dialog().getByLabelText("Plan revision"), "Newest, revision 2");
    expect(difference()).toBe("Since the last run: revision 1 → 2.");
  });
});

it("starts a try run, which has neither criteria nor a distribution, and is checked as such", async () => {
  api.answer("POST /runs", { body: runOf({ id: "r-9", name: "shop" }) });
  api.answer("POST /plans/p-1/check", { body: { ...CHECK, workers: 1, threads_per_node: 1, total_threads: 1, duration_s: 30, faults: [] } });
  renderFor(sessionOf("member"), <StartRunDialog planId="p-1" clusterId="c-1" tryRun onClose={() => undefined} />);
  await waitFor(() => expect(sum()).toContain("1 user on each of 1 worker"));
  expect(dialog().queryByLabelText("Limit")).toBeNull();
  expect(dialog().queryByText("Results and totals of the workers")).toBeNull();
  await userEvent.click(dialog().getByRole("button", { name: "Start try run" }));
  await waitFor(() => expect(api.changes()[0]?.body).toMatchObject({ plan_id: "p-1", try_run: true }));
  expect(api.asked.some(({ method, body }) => method === "POST" && (body as { try_run?: boolean }).try_run === true)).toBe(true);
});

it("is started only once, even while the run’s page loads", async () => {
  api.answer("POST /runs", { body: runOf({ id: "r-9", name: "shop" }) });
  show();
  await ready();
  await start();
  await waitFor(() => expect(window.location.pathname).toBe("/runs/r-9"));
  const button = dialog().getByRole<HTMLButtonElement>("button", { name: "Starting…" });
  expect(button.disabled).toBe(true);
  if (button.form !== null) fireEvent.submit(button.form);
  expect(api.changes()).toHaveLength(1);
});

it("shows its own errors while an error of the plan keeps it from starting", async () => {
  const broken: Check = { ...CHECK, ok: false, findings: [{ severity: "error", code: "no_sampler", element: null, message: "The plan has no sampler.", hint: null, params: {} }] };
  answers({ check: broken, clusters: [cluster({ id: "c-1", name: "walk" }), cluster({ id: "c-2", name: "run" })] });
  show();
  await ready();
  expect(dialog().getByRole("button", { name: "Start run" }).hasAttribute("disabled")).toBe(true);
  expect(dialog().getByLabelText("Cluster").getAttribute("aria-invalid")).toBe("true");
  expect(sum()).toBe("Select a cluster.");
});

it("says which of plan and cluster must still be selected", async () => {
  api.answer("GET /plans", { body: { items: [PLAN, { ...PLAN, id: "p-2" }], next: null } });
  show();
  await waitFor(() => expect(sum()).toBe("Select a plan."));
});
