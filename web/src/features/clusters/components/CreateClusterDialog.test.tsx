import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Cluster, Forecast, Info } from "@/shared/api/types";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import type { StartConfig } from "../clusterForm";
import { EC2 } from "../ec2Form.fixture";
import { CreateClusterDialog } from "./CreateClusterDialog";

const api = testApi();
const DEFAULTS: StartConfig = { workers: 2, heap_mb: null, lifetime_minutes: 120, idle_minutes: 30, remove_after_run: false, jmeter_home: null, jmeter_version: null, ssh: null, ec2: EC2 };
const TOOL = { found: true, path: null, version: "17", hint: null };
const INFO: Info = {
  version: "0.1.0",
  installation: "i-1",
  java: TOOL,
  jmeter: TOOL,
  jmeter_versions: ["5.6.3"],
  limits: { max_workers: 16, max_upload_bytes: 1, max_import_bytes: 1, max_files: 1 },
  providers: ["local", "ssh", "ec2"],
  started_ms: 0,
  notices: [],
};
const FORECAST: Forecast = { faults: [], notes: [], usd_per_hour: 1.938 };

const made: Cluster[] = [];
const show = (info: Info = INFO) => renderFor(sessionOf("member"), <CreateClusterDialog info={info} onClose={() => undefined} onCreated={(cluster) => made.push(cluster)} />);
const dialog = () => within(screen.getByRole("dialog", { name: "New cluster" }));
const field = (name: string) => dialog().getByLabelText<HTMLInputElement>(name);
const invalid = (name: string) => field(name).getAttribute("aria-invalid");
const sum = () => screen.getByRole("dialog").querySelector(".sum")?.textContent;
const put = async (name: string, text: string) => {
  await userEvent.clear(field(name));
  if (text !== "") await userEvent.type(field(name), text);
};
const press = (name: string) => userEvent.click(dialog().getByRole("button", { name }));

beforeEach(() => {
  made.length = 0;
  api.answer("GET /clusters/defaults", { body: DEFAULTS });
  api.answer("GET /images", { body: [] });
  api.answer("GET /credentials", {
    body: [
      {
        id: "k-1",
        name: "main",
        kind: "aws_keys",
        owner: { id: "u-1", name: "Ann" },
        region: "eu-central-1",
        shown: {},
        saved_ms: 0,
        identity: null,
        fault: null,
        in_use_by: [],
        stores: [],
        search_targets: [],
      },
    ],
  });
  api.answer("GET /credentials/environment", { body: { allowed: false, available: false } });
});

afterEach(() => vi.restoreAllMocks());

describe("of local processes", () => {
  it("has the server's defaults, shows their summary, and sends them", async () => {
    api.answer("POST /clusters", { body: { id: "c-1" } });
    show();
    expect((await screen.findByLabelText<HTMLInputElement>("Workers")).value).toBe("2");
    expect(sum()).toMatch(/2 workers.*max 2\u00a0h.*idle timeout 30\u00a0min/);
    await put("Name", "peak");
    await press("Create cluster");
    await waitFor(() => expect(made.map(({ id }) => id)).toEqual(["c-1"]));
    expect(api.changes()).toEqual([{ method: "POST", path: "/clusters", body: { name: "peak", provider: "local", config: { ...DEFAULTS, ec2: null } } }]);
  });
  it("marks all errors at once, and sends nothing", async () => {
    show();
    await screen.findByLabelText("Workers");
    await put("Workers", "17");
    await put("Lifetime", "0");
    expect([invalid("Workers"), invalid("Lifetime")]).toEqual(["false", "false"]);
    await press("Create cluster");
    expect(["Workers", "Lifetime", "Idle timeout"].map(invalid)).toEqual(["true", "true", "false"]);
    expect(api.changes()).toEqual([]);
  });
  it("shows the server's error at its field, by its JSON pointer", async () => {
    api.answer("POST /clusters", { status: 400, body: fault("cluster_invalid", "/config/heap_mb") });
    show();
    await screen.findByLabelText("Workers");
    await press("Create cluster");
    await waitFor(() => expect(invalid("JVM heap per node")).toBe("true"));
    expect(invalid("Workers")).toBe("false");
    expect(screen.queryByRole("alert")).toBeNull();
  });
  it("scrolls to each new error of the server at a field", async () => {
    api.answer("POST /clusters", { status: 400, body: fault("cluster_invalid", "/config/heap_mb") });
    const seen = vi.spyOn(Element.prototype, "scrollIntoView");
    show();
    await screen.findByLabelText("Workers");
    await press("Create cluster");
    await waitFor(() => expect(seen.mock.contexts).toEqual([field("JVM heap per node").closest(".field")]));
    api.answer("POST /clusters", { status: 400, body: fault("cluster_invalid", "/config/idle_minutes") });
    await put("JVM heap per node", "128");
    seen.mockClear();
    await press("Create cluster");
    await waitFor(() => expect(seen.mock.contexts).toEqual([field("Idle timeout").closest(".field")]));
  });
  it("shows other errors in full", async () => {
    api.answer("POST /clusters", { status: 503, body: fault("shutting_down") });
    show();
    await screen.findByLabelText("Workers");
    await press("Create cluster");
    expect((await screen.findByRole("alert")).textContent).toContain("shutting_down");
    expect(made).toEqual([]);
  });
});

describe("of Amazon EC2", () => {
  const choose = async () => {
    show();
    await userEvent.click(await screen.findByRole("radio", { name: "Amazon EC2" }));
    // The only saved credentials.
    await waitFor(() => expect(dialog().getByLabelText<HTMLSelectElement>(/credentials/i).value).toBe("k-1"));
  };
  it("creates nothing before the price was shown", async () => {
    api.answer("POST /clusters/forecast", { body: FORECAST });
    api.answer("POST /clusters", { body: { id: "c-2" } });
    await choose();
    expect(dialog().queryByRole("button", { name: "Create cluster" })).toBeNull();
    await press("Check");
    await dialog().findByRole("button", { name: "Create cluster" });
    expect(sum()).toContain("1.94");
    expect(api.changes().map(({ path }) => path)).toEqual(["/clusters/forecast"]);
    await press("Create cluster");
    await waitFor(() => expect(made.map(({ id }) => id)).toEqual(["c-2"]));
  });
  it("shows the price of workers of another type before anything is created", async () => {
    const others = { code: "fallback_prices", params: {}, message: "Workers for which c6i.large has no capacity are launched as c5.large at $0.097 an hour each." };
    api.answer("POST /clusters/forecast", { body: { ...FORECAST, notes: [others] } });
    await choose();
    await press("Check");
    await dialog().findByRole("button", { name: "Create cluster" });
    expect(dialog().getByRole("status").textContent).toContain(others.message);
    expect(api.changes().map(({ path }) => path)).toEqual(["/clusters/forecast"]);
  });
  it("requires another check after a change, and after an error", async () => {
    api.answer("POST /clusters/forecast", { body: FORECAST });
    await choose();
    await press("Check");
    await dialog().findByRole("button", { name: "Create cluster" });
    await put("Workers", "3");
    expect(dialog().queryByRole("button", { name: "Create cluster" })).toBeNull();
    expect(sum()).not.toContain("1.94");
    api.answer("POST /clusters/forecast", { body: { ...FORECAST, faults: [{ code: "type_not_offered", field: "/config/ec2/worker_type", message: "Not offered." }] } });
    await press("Check");
    await dialog().findByRole("button", { name: "Check again" });
    expect(screen.getByRole("dialog").querySelectorAll("[aria-invalid=true]")).toHaveLength(1);
  });
});

it("offers only the server's enabled providers", async () => {
  show({ ...INFO, providers: ["ssh"] });
  expect((await screen.findAllByRole<HTMLInputElement>("radio")).map(({ disabled }) => disabled).filter((off) => off)).toHaveLength(2);
});

it("creates only one cluster, even while its page loads", async () => {
  api.answer("POST /clusters", { body: { id: "c-1" } });
  renderFor(sessionOf("member"), <CreateClusterDialog info={INFO} onClose={() => undefined} />);
  await screen.findByLabelText("Workers");
  const button = dialog()
    .getAllByRole<HTMLButtonElement>("button")
    .find(({ type }) => type === "submit");
  if (button === undefined) throw new Error("no button");
  await userEvent.click(button);
  await waitFor(() => expect(window.location.pathname).toBe("/clusters/c-1"));
  expect(button.disabled).toBe(true);
  if (button.form !== null) fireEvent.submit(button.form);
  expect(api.changes().map(({ path }) => path)).toEqual(["/clusters"]);
});
