import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { CredentialView, OwnTarget } from "@/shared/api/types";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import { TargetsPage } from "./TargetsPage";

const api = testApi();
const ann = { id: "u-1", name: "Ann" };
const set: CredentialView = { id: "k-1", name: "main", kind: "aws_keys", owner: ann, region: null, shown: {}, saved_ms: 0, identity: null, fault: null, in_use_by: [], stores: [], search_targets: [] };
const settings: OwnTarget["settings"] = {
  url: "https://search.example",
  ca_pem: null,
  layout: "data_stream",
  namespace: "ann",
  index: null,
  labels: { team: "shop" },
  service: null,
  dashboards_url: null,
  dashboards_kind: null,
};
const target = (more: Partial<OwnTarget> = {}): OwnTarget => ({
  id: "logs.3f9a",
  name: "logs",
  owner: ann,
  settings,
  username: "jac",
  has_secret: true,
  aws_region: null,
  credentials: null,
  unfinished: 0,
  trouble: null,
  saved_ms: 0,
  ...more,
});
const list = (...targets: OwnTarget[]) => api.answer("GET /search/own", { body: targets });

beforeEach(() => {
  list();
  api.answer("GET /credentials", { body: [set] });
});
const show = (session = sessionOf("member")) => renderFor(session, <TargetsPage />);
const inDialog = () => within(screen.getByRole("dialog"));
const open = async () => {
  const [add] = await screen.findAllByRole("button", { name: "Add target" });
  if (add !== undefined) await userEvent.click(add);
  return inDialog();
};
const save = () => userEvent.click(inDialog().getByRole("button", { name: "Test and save" }));
const fill = async (dialog: ReturnType<typeof inDialog>) => {
  await userEvent.type(dialog.getByLabelText("Name"), "logs");
  await userEvent.type(dialog.getByLabelText("Address"), "https://search.example");
  await userEvent.type(dialog.getByLabelText("User name"), "jac");
  await userEvent.type(dialog.getByLabelText("Password"), " s3cret ");
};

describe("a new target", () => {
  it("is tested and saved with the selected authentication", async () => {
    api.answer("POST /search/own", { status: 201, body: target() });
    show();
    const dialog = await open();
    await fill(dialog);
    await userEvent.click(dialog.getByRole("radio", { name: /AWS/ }));
    await userEvent.selectOptions(dialog.getByLabelText("Credentials"), "k-1");
    await userEvent.type(dialog.getByLabelText("Region"), "eu-central-1");
    await save();
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(api.changes()).toMatchObject([
      {
        path: "/search/own",
        body: { name: "logs", username: null, password: null, api_key: null, aws_region: "eu-central-1", credentials: "k-1", settings: { url: "https://search.example", layout: "data_stream" } },
      },
    ]);
  });
  it("lists all its errors at once, before a request", async () => {
    show();
    const dialog = await open();
    await userEvent.type(dialog.getByLabelText("Address"), "tcp://search.example");
    await save();
    expect(["Name", "Address", "User name", "Password", "Namespace"].map((label) => dialog.getByLabelText(label).getAttribute("aria-invalid"))).toEqual(["true", "true", "true", "true", "false"]);
    expect(api.changes()).toEqual([]);
  });
  it.each([
    ["/settings/url", "Address"],
    ["/password", "Password"],
    ["/settings/ca_pem", "Certificate authority"],
  ])("shows the error of its test at %s at its field, and may be saved untested", async (field, label) => {
    api.answer("POST /search/own", { status: 400, body: fault("search_target_refused", field) });
    show();
    const dialog = await open();
    await fill(dialog);
    await save();
    await waitFor(() => expect(dialog.getByLabelText(label).getAttribute("aria-invalid")).toBe("true"));
    api.answer("POST /search/own", { status: 201, body: target() });
    await userEvent.click(dialog.getByRole("button", { name: "Save without testing" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(api.changes().map(({ path }) => path)).toEqual(["/search/own", "/search/own?test=false"]);
    // A password may begin or end with a space.
    expect(api.changes()[1]).toMatchObject({ body: { password: " s3cret " } });
  });
});

it("shows an error without a field", async () => {
  api.answer("POST /search/own", { status: 502, body: fault("unreachable_target") });
  show();
  const dialog = await open();
  await fill(dialog);
  await save();
  expect((await dialog.findByRole("alert")).textContent).toContain("unreachable_target");
});

describe("a target", () => {
  it("is changed with its secret entered again, and keeps what the form does not show", async () => {
    list(target());
    api.answer("PUT /search/own/logs.3f9a", { body: target() });
    show();
    await userEvent.click(await screen.findByRole("button", { name: "More about logs" }));
    await userEvent.click(screen.getByRole("menuitem", { name: /Change/ }));
    expect(inDialog().getByLabelText<HTMLInputElement>("Password").value).toBe("");
    await userEvent.type(inDialog().getByLabelText("Password"), "new");
    await save();
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(api.changes()).toMatchObject([{ method: "PUT", path: "/search/own/logs.3f9a", body: { username: "jac", password: "new", settings: { namespace: "ann", labels: { team: "shop" } } } }]);
  });
  it("is tested, and deleted after confirmation", async () => {
    list(target());
    api.answer("POST /search/targets/logs.3f9a/test", { body: { server: "opensearch", version: "2.19.4", layout: "data_stream", notes: [] } });
    api.answer("DELETE /search/own/logs.3f9a", { status: 204, body: null });
    show();
    await userEvent.click(await screen.findByRole("button", { name: "Test" }));
    expect(await screen.findByText(/opensearch 2\.19\.4/)).toBeDefined();
    await userEvent.click(screen.getByRole("button", { name: "More about logs" }));
    await userEvent.click(screen.getByRole("menuitem", { name: /Delete/ }));
    await userEvent.click(inDialog().getByRole("button", { name: "Delete" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(api.changes().map(({ method }) => method)).toEqual(["POST", "DELETE"]);
  });
});

it("explains the empty page to a viewer, without requests that would be rejected", async () => {
  show(sessionOf("viewer"));
  expect(await screen.findByText("No search targets.")).toBeDefined();
  expect(api.asked).toEqual([]);
});

it("shows how many runs wait for an unreachable target, and why", async () => {
  list(target({ unfinished: 2, trouble: { code: "search_unreachable", message: "search.example does not answer." } }));
  show();
  const card = await screen.findByRole("region", { name: "logs" });
  expect(card.textContent).toContain("failing");
  expect(card.textContent).toContain("Samples are not arriving. search.example does not answer.");
  expect(card.textContent).toContain("Runs being shipped2");
});
