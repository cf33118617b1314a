import { cleanup, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import { runOf } from "@/test/results";
import { RunHead } from "./RunHead";

const api = testApi();
const mine = runOf({ id: "r-1", name: "peak", owner: { id: "u-1", name: "Ann" } });
const openMenu = () => userEvent.click(screen.getByRole("button", { name: "More about this run" }));

beforeEach(() => api.answer("GET /runs", { body: { items: [], next: null } }));

it.each([
  [1, "1 user planned"],
  [1200, "1,200 users planned"],
])("shows %d threads as a number of users", (total_threads, words) => {
  renderFor(sessionOf("member"), <RunHead run={{ ...mine, total_threads }} live={null} />);
  expect(screen.getByText(words)).toBeDefined();
});

it("shows the versions that it ran with, and what its figures leave out", () => {
  const note = { code: "node_log_lost", message: "", params: {} };
  renderFor(sessionOf("member"), <RunHead run={{ ...mine, versions: { jac: "0", jmeter: "5.6.3", java: ["17", "21"] }, notes: [note] }} live={null} />);
  expect(screen.getByText("JMeter 5.6.3, Java 17 and 21")).toBeDefined();
  expect(screen.getByText("partial results").className).toContain("chip-attention");
});

describe("pinning a run", () => {
  it("sends a request, and is undone in the same way", async () => {
    api.answer("PATCH /runs/r-1/pin", { body: { ...mine, pinned: true } });
    renderFor(sessionOf("member"), <RunHead run={mine} live={null} />);
    expect(screen.queryByRole("img", { name: "Pinned" })).toBeNull();
    await openMenu();
    await userEvent.click(screen.getByRole("menuitem", { name: /^Pin/ }));
    await waitFor(() => expect(api.changes()).toEqual([{ method: "PATCH", path: "/runs/r-1/pin", body: { pinned: true } }]));
  });
  it("is shown next to the name, and can be undone", async () => {
    api.answer("PATCH /runs/r-1/pin", { body: mine });
    renderFor(sessionOf("member"), <RunHead run={{ ...mine, pinned: true }} live={null} />);
    expect(screen.getByRole("img", { name: "Pinned" })).toBeDefined();
    await openMenu();
    await userEvent.click(screen.getByRole("menuitem", { name: /^Unpin/ }));
    await waitFor(() => expect(api.changes()).toEqual([{ method: "PATCH", path: "/runs/r-1/pin", body: { pinned: false } }]));
  });
  it("shows an error below the header", async () => {
    api.answer("PATCH /runs/r-1/pin", { status: 403, body: fault("not_owner") });
    renderFor(sessionOf("member"), <RunHead run={mine} live={null} />);
    await openMenu();
    await userEvent.click(screen.getByRole("menuitem", { name: /^Pin/ }));
    expect((await screen.findByRole("alert")).textContent).toContain("not_owner");
  });
  it.each([
    ["a viewer", sessionOf("viewer"), mine],
    ["another member", sessionOf("member"), { ...mine, owner: { id: "u-2", name: "Bob" } }],
  ] as const)("is not offered to %s, who sees the mark", async (_, session, run) => {
    renderFor(session, <RunHead run={{ ...run, pinned: true }} live={null} />);
    expect(screen.getByRole("img", { name: "Pinned" })).toBeDefined();
    await openMenu();
    expect(screen.queryByRole("menuitem", { name: /pin/i })).toBeNull();
  });
});

describe("tags and note of a run", () => {
  it("are shown, and changed in one dialog that sends only changes", async () => {
    const run = { ...mine, tags: ["v2"], note: "Warm cache." };
    api.answer("PATCH /runs/r-1/tags", { body: { ...run, tags: ["v2", "nightly"] } });
    renderFor(sessionOf("member"), <RunHead run={run} live={null} />);
    expect(screen.getByText("Warm cache.")).toBeDefined();
    expect(screen.getByRole("link", { name: "v2" }).getAttribute("href")).toBe("/runs?tag=v2");
    await openMenu();
    await userEvent.click(screen.getByRole("menuitem", { name: "Tags and note…" }));
    await userEvent.type(screen.getByLabelText("Tags"), ", nightly");
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(api.changes()).toEqual([{ method: "PATCH", path: "/runs/r-1/tags", body: { tags: ["v2", "nightly"] } }]));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });
  it("show an error of a tag at the field of tags", async () => {
    api.answer("PATCH /runs/r-1/tags", { status: 400, body: fault("tag_invalid", "/tags/1") });
    renderFor(sessionOf("member"), <RunHead run={mine} live={null} />);
    await openMenu();
    await userEvent.click(screen.getByRole("menuitem", { name: "Tags and note…" }));
    await userEvent.type(screen.getByLabelText("Tags"), "good, bad");
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    expect((await screen.findByText("Refused with tag_invalid.")).className).toBe("field-fault");
    expect(screen.queryByRole("alert")).toBeNull();
  });
  it("include marking it as the baseline, and unmarking it", async () => {
    api.answer("PATCH /runs/r-1/baseline", { body: mine });
    renderFor(sessionOf("member"), <RunHead run={{ ...mine, baseline: true }} live={null} />);
    expect(screen.getByRole("img", { name: "Baseline" })).toBeDefined();
    await openMenu();
    await userEvent.click(screen.getByRole("menuitem", { name: /^Remove as baseline/ }));
    await waitFor(() => expect(api.changes()).toEqual([{ method: "PATCH", path: "/runs/r-1/baseline", body: { baseline: false } }]));
  });
  it("are read-only for a viewer", async () => {
    renderFor(sessionOf("viewer"), <RunHead run={{ ...mine, tags: ["v2"], note: "Warm cache." }} live={null} />);
    expect(screen.getByText("Warm cache.")).toBeDefined();
    expect(screen.queryByRole("button", { name: "Edit tags and note" })).toBeNull();
    await openMenu();
    expect(screen.queryByRole("menuitem", { name: /tags|baseline/i })).toBeNull();
  });
});

describe("running it again", () => {
  const plan = { id: "p-1", name: "shop", revision: 1, criteria: { version: 1, criteria: [], warm_up_s: 0, stop_rules: [] }, keep: [], files: [] };
  const button = () => screen.queryByRole("button", { name: "Run again" });

  it("is the main action of a finished run", async () => {
    api.answer("GET /plans/p-1", { body: plan });
    renderFor(sessionOf("member"), <RunHead run={mine} live={null} />);
    expect((await screen.findByRole("button", { name: "Run again" })).className).toContain("btn-primary");
    await userEvent.click(screen.getByRole("button", { name: "Run again" }));
    expect(await screen.findByRole("dialog", { name: "Start run" })).toBeDefined();
  });
  it("is not offered for a deleted plan", async () => {
    renderFor(sessionOf("member"), <RunHead run={mine} live={null} />);
    await waitFor(() => expect(api.asked.some(({ path }) => path === "/plans/p-1")).toBe(true));
    expect(button()).toBeNull();
  });
  it.each([
    ["to a viewer", sessionOf("viewer"), mine],
    ["of an imported run", sessionOf("member"), { ...mine, provider: "imported" as const }],
  ])("is not offered %s", (_, session, run) => {
    api.answer("GET /plans/p-1", { body: plan });
    renderFor(session, <RunHead run={run} live={null} />);
    expect(button()).toBeNull();
    expect(api.asked.some(({ path }) => path === "/plans/p-1")).toBe(false);
  });
});

describe("a run whose test has not started", () => {
  it.each(["queued", "preparing"] as const)("is cancelled while %s, once", async (phase) => {
    const run = { ...mine, phase, cause: null, started_ms: null, ended_ms: null };
    api.answer("POST /runs/r-1/stop", { body: { ...run, stop_requested: "graceful" } });
    renderFor(sessionOf("member"), <RunHead run={run} live={null} />);
    await userEvent.click(screen.getByRole("button", { name: "Cancel run" }));
    await userEvent.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Cancel run" }));
    await waitFor(() => expect(api.changes()).toEqual([{ method: "POST", path: "/runs/r-1/stop", body: { how: "graceful" } }]));
    cleanup();
    renderFor(sessionOf("member"), <RunHead run={{ ...run, stop_requested: "graceful" }} live={null} />);
    expect(screen.getByRole("button", { name: "Cancel run" })).toHaveProperty("disabled", true);
    expect(screen.queryByRole("button", { name: "Force stop" })).toBeNull();
  });
});

it("is compared with the newest earlier run, however many try runs were between them", async () => {
  renderFor(sessionOf("member"), <RunHead run={mine} live={null} />);
  await openMenu();
  await waitFor(() => expect(api.asked.some(({ path }) => path.startsWith("/runs?"))).toBe(true));
  const asked = new URLSearchParams(api.asked.find(({ path }) => path.startsWith("/runs?"))?.path.split("?")[1]);
  expect([asked.get("plan"), asked.get("phase"), asked.get("try_run")]).toEqual(["p-1", "finished", "false"]);
});

it.each([
  [{}, 0],
  [{ baseline: true }, 1],
  [{ pinned: true }, 1],
  [{ baseline: true, pinned: true }, 2],
])("says in the dialog that deletes it what %j means", async (marks, more) => {
  renderFor(sessionOf("member"), <RunHead run={{ ...mine, ...marks }} live={null} />);
  await openMenu();
  await userEvent.click(screen.getByRole("menuitem", { name: /^Delete/ }));
  const dialog = screen.getByRole("dialog");
  expect(dialog.querySelectorAll("p")).toHaveLength(2 + more);
  for (const mark of ["baseline", "pinned"]) expect(dialog.textContent.includes(mark)).toBe(mark in marks);
});
