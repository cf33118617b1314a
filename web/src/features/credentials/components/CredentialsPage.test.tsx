import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { CredentialView } from "@/shared/api/types";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import { CredentialsPage } from "./CredentialsPage";

const api = testApi();
const set = (more: Partial<CredentialView> = {}): CredentialView => ({
  id: "k-1",
  name: "main",
  kind: "aws_keys",
  owner: { id: "u-1", name: "Ann" },
  region: "eu-central-1",
  shown: { access_key_id: "AKIA…MPLE" },
  saved_ms: 0,
  identity: "arn:aws:iam::123456789012:user/load",
  fault: null,
  in_use_by: [],
  stores: [],
  search_targets: [],
  ...more,
});
const list = (...sets: CredentialView[]) => api.answer("GET /credentials", { body: sets });

beforeEach(() => {
  list(set());
  api.answer("GET /credentials/environment", { body: { allowed: false, available: false } });
});
const show = (session = sessionOf("member")) => renderFor(session, <CredentialsPage />);
const card = () => screen.findByRole("region", { name: "main" });

const inDialog = () => within(screen.getByRole("dialog"));
const open = async () => {
  await userEvent.click(await screen.findByRole("button", { name: "Add credentials" }));
  return inDialog();
};
const fill = async (dialog: ReturnType<typeof inDialog>) => {
  await userEvent.type(dialog.getByLabelText("Name"), "second");
  await userEvent.type(dialog.getByLabelText("Access key ID"), "AKIA1");
  await userEvent.type(dialog.getByLabelText("Secret access key"), "s3cret");
  await userEvent.click(dialog.getByRole("button", { name: "Test and save" }));
};

describe("a set", () => {
  it("shows its AWS identity and the clusters that use it, and cannot be deleted while there are any", async () => {
    list(set({ in_use_by: [{ id: "c-1", name: "load-eu" }] }));
    show();
    const shown = within(await card());
    expect(shown.getByText("arn:aws:iam::123456789012:user/load")).toBeDefined();
    expect(shown.getByRole("link", { name: "load-eu" }).getAttribute("href")).toBe("/clusters/c-1");
    await userEvent.click(shown.getByRole("button", { name: "More about main" }));
    expect(screen.getByRole("menuitem", { name: /Delete/ })).toHaveProperty("disabled", true);
  });
  it("shows its last error, and is tested again", async () => {
    list(set({ fault: "The token has expired.", identity: null }));
    api.answer("POST /credentials/k-1/test", { body: set() });
    show();
    expect(within(await card()).getByText("The token has expired.")).toBeDefined();
    list(set());
    await userEvent.click(within(await card()).getByRole("button", { name: "Test" }));
    await waitFor(() => expect(screen.queryByText("The token has expired.")).toBeNull());
  });
  it("is deleted after confirmation, and the dialog shows an error", async () => {
    api.answer("DELETE /credentials/k-1", { status: 409, body: fault("credentials_in_use") });
    show();
    await userEvent.click(within(await card()).getByRole("button", { name: "More about main" }));
    await userEvent.click(screen.getByRole("menuitem", { name: /Delete/ }));
    await userEvent.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Delete" }));
    expect((await within(screen.getByRole("dialog")).findByRole("alert")).textContent).toContain("credentials_in_use");
  });
  it("is rotated with the fields of its kind", async () => {
    api.answer("PUT /credentials/k-1", { body: set() });
    show();
    await userEvent.click(within(await card()).getByRole("button", { name: "More about main" }));
    await userEvent.click(screen.getByRole("menuitem", { name: /Rotate/ }));
    const dialog = within(screen.getByRole("dialog", { name: "Rotate main" }));
    expect(dialog.queryByRole("radio")).toBeNull();
    expect(dialog.getByLabelText<HTMLInputElement>("Secret access key").value).toBe("");
    await userEvent.type(dialog.getByLabelText("Access key ID"), "AKIA2");
    await userEvent.type(dialog.getByLabelText("Secret access key"), "new");
    await userEvent.click(dialog.getByRole("button", { name: "Test and rotate" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(api.changes()).toMatchObject([{ method: "PUT", path: "/credentials/k-1", body: { name: "main", aws: { access_key_id: "AKIA2", secret_access_key: "new", region: "eu-central-1" } } }]);
  });
});

describe("a new set", () => {
  it.each([
    [{ identity: null, fault: null }, "not tested"],
    [{ identity: "arn:aws:iam::123456789012:user/load", fault: null }, "tested"],
    [{ identity: null, fault: "Expired." }, "test failed"],
  ])("shows the result of its test: %j", async (more, word) => {
    list(set(more));
    show();
    expect(within(await card()).getByText(word)).toBeDefined();
  });
  it("is tested and saved", async () => {
    api.answer("POST /credentials", { status: 201, body: set() });
    show();
    await fill(await open());
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(api.changes()).toMatchObject([{ path: "/credentials", body: { name: "second", aws: { access_key_id: "AKIA1", secret_access_key: "s3cret" } } }]);
  });
  it.each([
    ["credentials_refused", 400],
    ["credentials_untested", 502],
  ])("may be saved untested after %s with status %d", async (code, status) => {
    api.answer("POST /credentials", { status, body: fault(code) });
    show();
    const dialog = await open();
    await fill(dialog);
    await dialog.findByRole("alert");
    api.answer("POST /credentials", { status: 201, body: set() });
    await userEvent.click(dialog.getByRole("button", { name: "Save without testing" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(api.changes().map(({ path }) => path)).toEqual(["/credentials", "/credentials?test=false"]);
  });
  it.each([
    ["credentials_invalid", "/aws/access_key_id", "Access key ID"],
    ["name_taken", "/name", "Name"],
  ])("shows the error %s at %s at its field", async (code, field, label) => {
    api.answer("POST /credentials", { status: 400, body: fault(code, field) });
    show();
    const dialog = await open();
    await fill(dialog);
    await waitFor(() => expect(dialog.getByLabelText(label).getAttribute("aria-invalid")).toBe("true"));
    expect(dialog.queryByRole("alert")).toBeNull();
  });
  it("lists all errors at once before a request", async () => {
    show();
    const dialog = await open();
    await userEvent.click(dialog.getByRole("button", { name: "Test and save" }));
    expect(["Name", "Access key ID", "Secret access key"].map((label) => dialog.getByLabelText(label).getAttribute("aria-invalid"))).toEqual(["true", "true", "true"]);
    expect(api.changes()).toEqual([]);
  });
});

it("explains the empty page, also to a viewer, without requests that would be rejected", async () => {
  show(sessionOf("viewer"));
  expect(await screen.findByText("No credentials.")).toBeDefined();
  expect(screen.queryByRole("button", { name: "Add credentials" })).toBeNull();
  expect(api.asked).toEqual([]);
});

it("shows an administrator the names of other users' sets, without actions", async () => {
  list(set(), set({ id: "k-2", name: "bobs", owner: { id: "u-2", name: "Bob" } }));
  show(sessionOf("administrator"));
  const others = within(await screen.findByRole("region", { name: "Credentials of others" }));
  expect(others.getByText("Bob")).toBeDefined();
  expect(others.queryByRole("button")).toBeNull();
});
