import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { CredentialView, ResultsStore } from "@/shared/api/types";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import { StoresPage } from "./StoresPage";

const api = testApi();
const ann = { id: "u-1", name: "Ann" };
const set = (more: Partial<CredentialView> = {}): CredentialView => ({
  id: "k-1",
  name: "main",
  kind: "aws_keys",
  owner: ann,
  region: "eu-central-1",
  shown: {},
  saved_ms: 0,
  identity: null,
  fault: null,
  in_use_by: [],
  stores: [],
  search_targets: [],
  ...more,
});
const store = (more: Partial<ResultsStore> = {}): ResultsStore => ({
  id: "s-1",
  owner: ann,
  address: "s3://mine/load",
  region: "eu-central-1",
  endpoint: null,
  kms_key: null,
  storage_class: null,
  credentials: { id: "k-1", name: "main" },
  is_current: true,
  runs: 3,
  waiting: 0,
  failed: 0,
  trouble: null,
  saved_ms: 0,
  ...more,
});
const list = (...stores: ResultsStore[]) => api.answer("GET /stores", { body: stores });

beforeEach(() => {
  list();
  api.answer("GET /credentials", { body: [set(), set({ id: "k-2", name: "lab", kind: "ssh_key" }), set({ id: "k-3", name: "bobs", owner: { id: "u-2", name: "Bob" } })] });
});
const show = (session = sessionOf("member")) => renderFor(session, <StoresPage />);
const inDialog = () => within(screen.getByRole("dialog"));
const open = async () => {
  const add = await screen.findByRole("button", { name: "Add store" });
  await waitFor(() => expect(add).toHaveProperty("disabled", false));
  await userEvent.click(add);
  return inDialog();
};
const save = () => userEvent.click(inDialog().getByRole("button", { name: "Test and save" }));

describe("a new store", () => {
  it("is tested and saved with the only set of AWS credentials", async () => {
    api.answer("POST /stores", { status: 201, body: store() });
    show();
    const dialog = await open();
    expect(dialog.getAllByRole("option").map(({ textContent }) => textContent)).toEqual(["Choose…", "main"]);
    await userEvent.type(dialog.getByLabelText("Address"), " s3://mine/load ");
    await userEvent.type(dialog.getByLabelText("Storage class"), "STANDARD_IA");
    await save();
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(api.changes()).toEqual([
      expect.objectContaining({ method: "POST", path: "/stores", body: { address: "s3://mine/load", credentials: "k-1", region: null, endpoint: null, kms_key: null, storage_class: "STANDARD_IA" } }),
    ]);
  });
  it("lists all its errors at once, before a request", async () => {
    show();
    const dialog = await open();
    await userEvent.type(dialog.getByLabelText("Address"), "file:///etc");
    await userEvent.selectOptions(dialog.getByLabelText("Credentials"), "");
    await userEvent.type(dialog.getByLabelText("Region"), "Frankfurt");
    await save();
    expect(["Address", "Credentials", "Region", "Endpoint"].map((label) => dialog.getByLabelText(label).getAttribute("aria-invalid"))).toEqual(["true", "true", "true", "false"]);
    expect(api.changes()).toEqual([]);
  });
  it.each([
    ["/address", "Address"],
    ["/credentials", "Credentials"],
    ["/endpoint", "Endpoint"],
  ])("shows the error of its test at %s at its field, and may be saved untested", async (field, label) => {
    api.answer("POST /stores", { status: 400, body: fault("store_refused", field) });
    show();
    const dialog = await open();
    await userEvent.type(dialog.getByLabelText("Address"), "s3://mine");
    await save();
    await waitFor(() => expect(dialog.getByLabelText(label).getAttribute("aria-invalid")).toBe("true"));
    expect(dialog.queryByRole("alert")).toBeNull();
    api.answer("POST /stores", { status: 201, body: store() });
    await userEvent.click(dialog.getByRole("button", { name: "Save without testing" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(api.changes().map(({ path }) => path)).toEqual(["/stores", "/stores?test=false"]);
  });
});

it("shows an error without a field", async () => {
  api.answer("POST /stores", { status: 502, body: fault("unreachable_store") });
  show();
  const dialog = await open();
  await userEvent.type(dialog.getByLabelText("Address"), "s3://mine");
  await save();
  expect((await dialog.findByRole("alert")).textContent).toContain("unreachable_store");
});

describe("a store", () => {
  it("shows whether it is the current one, and the number of its runs", async () => {
    list(store(), store({ id: "s-2", address: "s3://before", is_current: false, runs: 7 }));
    show();
    expect(within(await screen.findByRole("region", { name: "s3://mine/load" })).getByText("current")).toBeDefined();
    const before = within(screen.getByRole("region", { name: "s3://before" }));
    expect(before.getByText("earlier runs")).toBeDefined();
    expect(before.getByText("7")).toBeDefined();
    await userEvent.click(before.getByRole("button", { name: "More about s3://before" }));
    expect(screen.getByRole("menuitem", { name: /Change/ })).toBeDefined();
    expect(screen.queryByRole("menuitem", { name: /Stop using/ })).toBeNull();
  });
  it("is edited without changing its address", async () => {
    list(store());
    api.answer("PUT /stores/s-1", { body: store() });
    show();
    await userEvent.click(await screen.findByRole("button", { name: "More about s3://mine/load" }));
    await userEvent.click(screen.getByRole("menuitem", { name: /Change/ }));
    expect(inDialog().getByLabelText("Address")).toHaveProperty("readOnly", true);
    await userEvent.type(inDialog().getByLabelText("KMS key"), "alias/load");
    await save();
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(api.changes()).toMatchObject([{ method: "PUT", path: "/stores/s-1", body: { address: "s3://mine/load", kms_key: "alias/load" } }]);
  });
  it("is tested, and disconnected after confirmation", async () => {
    list(store());
    api.answer("POST /stores/s-1/test", { status: 204 });
    api.answer("DELETE /stores/s-1", { status: 204 });
    show();
    await userEvent.click(await screen.findByRole("button", { name: "Test" }));
    await screen.findByText("Test passed: JAC can write, read and delete.");
    api.answer("POST /stores/s-1/test", { status: 502, body: fault("artefacts_denied") });
    await userEvent.click(await screen.findByRole("button", { name: "Test" }));
    expect((await screen.findByRole("alert")).textContent).toContain("artefacts_denied");
    await userEvent.click(screen.getByRole("button", { name: "More about s3://mine/load" }));
    await userEvent.click(screen.getByRole("menuitem", { name: /Stop using/ }));
    await userEvent.click(inDialog().getByRole("button", { name: "Stop using" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(api.changes().map(({ method, path }) => `${method} ${path}`)).toEqual(["POST /stores/s-1/test", "POST /stores/s-1/test", "DELETE /stores/s-1"]);
  });
});

it("says that credentials must be saved first", async () => {
  api.answer("GET /credentials", { body: [] });
  show();
  expect((await screen.findByRole("link", { name: "Credentials" })).getAttribute("href")).toBe("/settings/credentials");
  expect(screen.getByRole("button", { name: "Add store" })).toHaveProperty("disabled", true);
});

it("explains the empty page to a viewer, without requests that would be rejected", async () => {
  show(sessionOf("viewer"));
  expect(await screen.findByText("No store.")).toBeDefined();
  expect(api.asked).toEqual([]);
});

it("shows how many runs wait for an unreachable store, and why", async () => {
  list(store({ waiting: 2, failed: 1, trouble: { code: "artefacts_unreachable", message: "s3://mine/load cannot be reached: no connection." } }));
  show();
  const card = await screen.findByRole("region", { name: "s3://mine/load" });
  expect(card.textContent).toContain("failing");
  expect(card.textContent).not.toContain("current");
  expect(card.textContent).toContain("1 run could not be stored. s3://mine/load cannot be reached: no connection.");
  expect(card.textContent).toContain("Not stored yet2");
});
