import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Link, Route, Routes } from "react-router";
import { ClusterHead } from "@/features/clusters/components/ClusterHead";
import { CreateClusterDialog } from "@/features/clusters/components/CreateClusterDialog";
import { EC2 } from "@/features/clusters/ec2Form.fixture";
import { HomePage } from "@/features/home/HomePage";
import { PlanHead } from "@/features/plans/components/PlanHead";
import { RunHead } from "@/features/runs/components/RunHead";
import type { Cluster, Info, Plan } from "@/shared/api/types";
import { renderFor, sessionOf, testApi } from "@/test/api";
import { PLAN as OWN_PLAN } from "@/test/plans";
import { runOf } from "@/test/results";
import { ClustersRoute } from "./ClustersRoute";
import { Needs } from "./Needs";
import { PlansRoute } from "./PlansRoute";
import { RunsRoute } from "./RunsRoute";
import { SettingsLayout } from "./SettingsLayout";

const api = testApi();
const BOB = { id: "u-2", name: "Bob" };
const SHOP = { id: "t-1", name: "shop" };
const CONFIG = { workers: 1, heap_mb: null, lifetime_minutes: 60, idle_minutes: null, remove_after_run: false, jmeter_home: null, jmeter_version: null, ssh: null, ec2: null };
const CLUSTER: Cluster = {
  id: "c-1",
  name: "load",
  description: "",
  owner: BOB,
  team: null,
  provider: "local",
  config: CONFIG,
  phase: "ready",
  cause: null,
  lost_nodes: [],
  current_run: null,
  master_restarting: false,
  nodes: [],
  created_ms: 0,
  ready_ms: 0,
  ended_ms: null,
  expires_at_ms: 1,
  idle_since_ms: null,
  idle_ends_at_ms: null,
  ephemeral_of: null,
  usd_per_hour: null,
  usd_so_far: null,
  node_prices: null,
  warnings: [],
};
const PLAN: Plan = { ...OWN_PLAN, owner: BOB };
const INFO = {
  version: "1",
  installation: "i",
  java: { found: true, path: null, version: "17", hint: null },
  jmeter: { found: true, path: null, version: "5.6.3", hint: null },
  jmeter_versions: ["5.6.3"],
  limits: { max_workers: 16, max_upload_bytes: 1000, max_import_bytes: 1000, max_files: 10 },
  providers: ["local", "ssh", "ec2"],
  started_ms: 0,
  notices: [],
} satisfies Info;

beforeEach(() => {
  api.answer("GET /info", { body: INFO });
  for (const kind of ["runs", "clusters", "plans"]) api.answer(`GET /${kind}`, { body: { items: [], next: null } });
});

const heads = (
  <>
    <RunHead run={runOf({ id: "r-1", name: "peak", owner: BOB, team: SHOP, phase: "running", cause: null })} live={null} />
    <ClusterHead cluster={{ ...CLUSTER, team: SHOP }} info={undefined} start={null} />
    <PlanHead plan={{ ...PLAN, team: SHOP }} start={null} />
  </>
);

describe("what others own", () => {
  it.each([
    ["another member", sessionOf("member"), 0, true],
    ["a viewer of the team", sessionOf("viewer", {}, [SHOP]), 0, false],
    ["a member of the team", sessionOf("member", {}, [SHOP]), 2, true],
    ["an administrator", sessionOf("administrator"), 2, true],
  ])("for %s", async (_who, session, actions, duplicates) => {
    api.answer("GET /teams", { body: { items: [], next: null } });
    renderFor(session, heads);
    const found = [screen.queryByRole("button", { name: "Stop" }), screen.queryByRole("button", { name: "More about this cluster" })];
    expect(found.filter((button) => button !== null)).toHaveLength(actions);
    expect(screen.queryAllByText("Read only: Bob, team shop")).toHaveLength(actions === 0 ? 3 : 0);
    // A copy belongs to the user who makes it.
    const plan = screen.queryByRole("button", { name: "More about this plan" });
    expect(plan !== null).toBe(duplicates);
    if (plan === null) return;
    await userEvent.click(plan);
    expect(screen.getAllByRole("menuitem").map(({ textContent }) => /^\w+/.exec(textContent)?.[0])).toEqual(actions === 0 ? ["Duplicate"] : ["Rename", "Duplicate", "Files", "Delete"]);
  });
});

describe("a viewer", () => {
  it.each([
    ["runs", <RunsRoute key="1" />, "No runs yet.", /Start run/],
    ["clusters", <ClustersRoute key="2" />, "No active clusters.", /New cluster/],
    ["plans", <PlansRoute key="3" />, "No plans yet.", /Choose files/],
    ["the overview", <HomePage key="4" />, "No runs yet.", /Start run|New cluster/],
  ])("sees no actions that start something or cost money: %s", async (_page, page, empty, action) => {
    renderFor(sessionOf("viewer"), page);
    await screen.findByText(empty);
    expect(screen.queryByRole("button", { name: action })).toBeNull();
  });
  it("a member can", async () => {
    renderFor(sessionOf("member"), <ClustersRoute />);
    expect(await screen.findAllByRole("button", { name: /New cluster/ })).not.toHaveLength(0);
  });
});

describe("settings", () => {
  const page = (
    <Routes>
      <Route path="/settings" element={<SettingsLayout />}>
        <Route path="people" element={<Needs action="manage_people">Everybody</Needs>} />
      </Route>
    </Routes>
  );
  const links = () =>
    within(screen.getByRole("navigation", { name: "Settings" }))
      .getAllByRole("link")
      .map(({ textContent }) => textContent.trim());
  it("show administrators the installation's settings", () => {
    renderFor(sessionOf("administrator"), page, "/settings/people");
    expect(links()).toEqual(["My account", "Credentials", "Results", "Search", "My activity", "People", "Teams", "Audit", "Integrations", "Server"]);
    expect(screen.getByText("Everybody")).toBeDefined();
  });
  it("show other users only their own settings, also by address", () => {
    renderFor(sessionOf("member"), page, "/settings/people");
    expect(links()).toEqual(["My account", "Credentials", "Results", "Search", "My activity"]);
    expect(screen.getByText("Administrators only.")).toBeDefined();
    expect(screen.queryByText("Everybody")).toBeNull();
  });
  it("show viewers no credentials", () => {
    renderFor(sessionOf("viewer"), page, "/settings/people");
    expect(links()).toEqual(["My account", "My activity"]);
  });
  it("can be left in a browser whose scrolling returns a promise", async () => {
    vi.spyOn(Element.prototype, "scrollIntoView").mockReturnValue(Promise.resolve() as unknown as undefined);
    const both = (
      <Routes>
        <Route
          path="/settings"
          element={
            <>
              <Link to="/plans">Leave</Link>
              <SettingsLayout />
            </>
          }
        >
          <Route path="account" element="Mine" />
        </Route>
        <Route path="/plans" element="All plans" />
      </Routes>
    );
    renderFor(sessionOf("member"), both, "/settings/account");
    await userEvent.click(screen.getByRole("link", { name: "Leave" }));
    expect(await screen.findByText("All plans")).toBeDefined();
    vi.restoreAllMocks();
  });
});

describe("the credentials of a new cluster", () => {
  const set = (id: string, kind: "aws_keys" | "ssh_key") => ({
    id,
    name: id,
    kind,
    owner: { id: "u-1", name: "Ann" },
    team: null,
    region: null,
    shown: {},
    saved_ms: 0,
    identity: null,
    fault: null,
    in_use_by: [],
    stores: [],
    search_targets: [],
  });
  const open = async (provider: string, session = sessionOf("member")) => {
    api.answer("GET /clusters/defaults", { body: { ...CONFIG, ec2: EC2 } });
    api.answer("GET /images", { body: [] });
    renderFor(session, <CreateClusterDialog info={INFO} onClose={() => undefined} />);
    await userEvent.click(await screen.findByLabelText(provider));
  };
  const options = async (label: string) =>
    within(await screen.findByLabelText(label))
      .getAllByRole("option")
      .map(({ textContent }) => textContent);

  it("preselect the only set, and send its ID", async () => {
    api.answer("GET /credentials", { body: [set("main", "aws_keys"), set("lab", "ssh_key")] });
    api.answer("GET /credentials/environment", { body: { allowed: false, available: true } });
    api.answer("POST /clusters/forecast", { body: { faults: [], usd_per_hour: 1, notes: [] } });
    await open("Amazon EC2");
    await screen.findByRole("option", { name: "main" });
    expect(await options("Credentials")).toEqual(["main"]);
    await userEvent.click(screen.getByRole("button", { name: "Check" }));
    await screen.findByRole("button", { name: "Create cluster" });
    expect(api.changes()).toMatchObject([{ path: "/clusters/forecast", body: { config: { ec2: { credentials: "main" } } } }]);
  });
  it("must be chosen if there are several, including the server's own if permitted", async () => {
    api.answer("GET /credentials", { body: [set("main", "aws_keys"), set("other", "aws_keys")] });
    api.answer("GET /credentials/environment", { body: { allowed: true, available: true } });
    await open("Amazon EC2");
    await screen.findByRole("option", { name: "other" });
    expect(await options("Credentials")).toEqual(["Select…", "main", "other", "the server’s own"]);
    await userEvent.click(screen.getByRole("button", { name: "Check" }));
    expect(screen.getByLabelText("Credentials").getAttribute("aria-invalid")).toBe("true");
    expect(api.changes()).toEqual([]);
  });
  it("over SSH are saved keys; only administrators may use a file on the server", async () => {
    api.answer("GET /credentials", { body: [set("lab", "ssh_key")] });
    await open("Machines over SSH");
    await screen.findByRole("option", { name: "lab" });
    expect(await options("SSH key")).toEqual(["lab"]);
    expect(screen.queryByLabelText("Key file")).toBeNull();
  });
  it("over SSH may be a file on the server for an administrator", async () => {
    api.answer("GET /credentials", { body: [set("lab", "ssh_key")] });
    await open("Machines over SSH", sessionOf("administrator"));
    await screen.findByRole("option", { name: "lab" });
    await userEvent.selectOptions(screen.getByLabelText("SSH key"), "file");
    expect(screen.getByLabelText("Key file")).toBeDefined();
  });
});
