import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it } from "vitest";
import { EC2 } from "@/features/clusters/ec2Form.fixture";
import type { ClusterSummary, Info } from "@/shared/api/types";
import { renderFor, sessionOf, testApi } from "@/test/api";
import { CHECK, PLAN } from "@/test/plans";
import { ScheduleDialog } from "./ScheduleDialog";

const api = testApi();
const TOOL = { found: true, path: null, version: "17", hint: null };
const INFO: Info = {
  version: "0.1.0",
  installation: "i-1",
  java: TOOL,
  jmeter: TOOL,
  jmeter_versions: ["5.6.3", "5.5"],
  limits: { max_workers: 16, max_upload_bytes: 1, max_import_bytes: 1, max_files: 1 },
  providers: ["local"],
  started_ms: 0,
  notices: [],
};
const DEFAULTS = { workers: 2, heap_mb: null, lifetime_minutes: 120, idle_minutes: 30, remove_after_run: false, jmeter_home: null, jmeter_version: null, ssh: null, ec2: EC2 };
const CLUSTER: ClusterSummary = {
  id: "c-1",
  name: "walk",
  owner: { id: "u-1", name: "Ann" },
  team: null,
  provider: "ssh",
  phase: "ready",
  cause: null,
  workers: 3,
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
};

const show = () => renderFor(sessionOf("member"), <ScheduleDialog info={INFO} planId="p-1" onClose={() => undefined} />);
const dialog = () => within(screen.getByRole("dialog", { name: "New schedule" }));
const checks = () => api.asked.filter(({ method, path }) => method === "POST" && path === "/plans/p-1/check").map(({ body }) => body);

beforeEach(() => {
  api.answer("GET /clusters/defaults", { body: DEFAULTS });
  api.answer("GET /images", { body: [] });
  api.answer("GET /credentials", { body: [] });
  api.answer("GET /credentials/environment", { body: { allowed: false, available: false } });
  api.answer("GET /plans", { body: { items: [PLAN], next: null } });
  api.answer("GET /plans/p-1", { body: PLAN });
  api.answer("GET /plans/p-1/revisions", { body: { items: [], next: null } });
  api.answer("GET /plans/p-1/check", { body: CHECK });
  api.answer("POST /plans/p-1/check", { body: { ...CHECK, faults: [] } });
  api.answer("GET /schedules/preview", { body: [] });
  api.answer("GET /clusters", { body: { items: [CLUSTER], next: null } });
  api.answer("GET /clusters/c-1", { body: { ...CLUSTER, warnings: [], config: { jmeter_version: "5.5" } } });
});

it("checks the plan for the provider and the JMeter of the cluster that each run creates", async () => {
  show();
  await screen.findByRole("dialog", { name: "New schedule" });
  await waitFor(() => expect(checks().at(-1)).toMatchObject({ provider: "local", jmeter_version: null, workers: 2 }));
});

it("checks it for those of an existing cluster, and shows what is wrong there", async () => {
  const finding = { code: "function_unknown", severity: "error", message: "JMeter 5.5 has no such function.", hint: null, element: null, params: {} };
  show();
  await screen.findByRole("dialog", { name: "New schedule" });
  api.answer("POST /plans/p-1/check", { body: { ...CHECK, findings: [finding], ok: false, faults: [{ code: "share_invalid", field: "/min_workers", message: "There are 3 workers." }] } });
  await userEvent.click(dialog().getByLabelText(/An existing cluster/));
  await dialog().findByRole("option", { name: /walk/ });
  await userEvent.selectOptions(await dialog().findByLabelText("Cluster"), "c-1");
  await waitFor(() => expect(checks().at(-1)).toMatchObject({ provider: "ssh", jmeter_version: "5.5", workers: 3 }));
  expect(await dialog().findByText(/JMeter 5\.5 has no such function/)).toBeDefined();
  expect(await dialog().findByText("There are 3 workers.")).toBeDefined();
});

it("schedules another plan without any property or mark of the first", async () => {
  api.answer("GET /plans", { body: { items: [PLAN, { ...PLAN, id: "p-2", name: "other" }], next: null } });
  api.answer("GET /plans/p-2", { body: { ...PLAN, id: "p-2", name: "other" } });
  api.answer("GET /plans/p-2/revisions", { body: { items: [], next: null } });
  api.answer("GET /plans/p-2/check", { body: CHECK });
  api.answer("POST /plans/p-2/check", { body: { ...CHECK, faults: [] } });
  api.answer("POST /schedules", { body: { id: "s-1", name: "nightly" } });
  show();
  await userEvent.type(await screen.findByLabelText("Name"), "nightly");
  await userEvent.type(await dialog().findByLabelText("One name=value per line"), "pin=1234");
  await userEvent.click(dialog().getByRole("checkbox", { name: "Mask pin" }));
  await userEvent.selectOptions(dialog().getByLabelText("Plan"), "p-2");
  // Marked again if the mark had stayed: a mark without its property is not sent.
  await userEvent.type(await dialog().findByLabelText("One name=value per line"), "pin=5678");
  await userEvent.click(dialog().getByRole("button", { name: "Create schedule" }));
  await waitFor(() => expect(api.changes()).toHaveLength(1));
  const { run, ...schedule } = api.changes()[0]?.body as { run: Record<string, unknown> };
  expect(schedule).toMatchObject({ plan_id: "p-2", name: "nightly" });
  expect([run["properties"], run["system_properties"], run["secret"]]).toEqual([{ pin: "5678" }, {}, []]);
});

it("divides a total by the number of workers with one click", async () => {
  api.answer("POST /schedules", { body: { id: "s-1", name: "nightly" } });
  show();
  await userEvent.click(await screen.findByText("each", { selector: "button" }));
  await userEvent.click(dialog().getByRole("button", { name: "Create schedule" }));
  await waitFor(() => expect(api.changes()[0]?.body).toMatchObject({ run: { share: { threads: 600 }, properties: {} } }));
});

it("can use a cluster that is busy now", async () => {
  api.answer("GET /clusters", { body: { items: [{ ...CLUSTER, current_run: "r-1" }], next: null } });
  show();
  await userEvent.click(await screen.findByLabelText(/An existing cluster/));
  expect(await dialog().findByText(/^walk/, { selector: "option" })).toHaveProperty("disabled", false);
});

it("offers no cluster that is terminated after its run", async () => {
  api.answer("GET /clusters", { body: { items: [CLUSTER, { ...CLUSTER, id: "c-2", name: "once", remove_after_run: true }], next: null } });
  show();
  await userEvent.click(await screen.findByLabelText(/An existing cluster/));
  await dialog().findByRole("option", { name: /^walk/ });
  expect(dialog().queryByRole("option", { name: /^once/ })).toBeNull();
});

it("has the focus at the first field with an error", async () => {
  show();
  await userEvent.click(await screen.findByLabelText(/An existing cluster/));
  await userEvent.click(dialog().getByRole("button", { name: "Create schedule" }));
  expect(document.activeElement).toBe(dialog().getByLabelText("Cluster"));
  expect(api.changes()).toEqual([]);
});
