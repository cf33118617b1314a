import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { UserView } from "@/shared/api/types";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import { PeoplePage } from "./PeoplePage";
import { TeamsPage } from "./TeamsPage";

const api = testApi();
const SHOP = { id: "t-1", name: "shop" };
const person = (id: string, name: string, more: Partial<UserView> = {}): UserView => ({
  id,
  name,
  role: "member",
  teams: [],
  disabled: false,
  via_company: false,
  has_password: true,
  created_ms: 0,
  last_seen_ms: null,
  owns: { clusters: 1, plans: 0, runs: 3 },
  ...more,
});
const ANN = person("u-1", "Ann", { role: "administrator" });
const BOB = person("u-2", "Bob", { teams: [SHOP] });

beforeEach(() => {
  api.answer("GET /people", { body: { items: [ANN, BOB, person("u-3", "Chi", { role: "viewer" })], next: null } });
  api.answer("GET /people?team=t-1&limit=50", { body: { items: [BOB], next: null } });
  api.answer("GET /teams", { body: { items: [{ ...SHOP, member_count: 1, members: [{ id: "u-2", name: "Bob" }] }], next: null } });
});
const show = () => renderFor(sessionOf("administrator"), <PeoplePage />);
const choose = async (name: string, item: RegExp) => {
  await userEvent.click(await screen.findByRole("button", { name: `More about ${name}` }));
  await userEvent.click(screen.getByRole("menuitem", { name: item }));
  return within(screen.getByRole("dialog"));
};

describe("an invitation", () => {
  const invite = async (name: string) => {
    await userEvent.click(await screen.findByRole("button", { name: "Invite" }));
    const dialog = within(screen.getByRole("dialog"));
    if (name !== "") await userEvent.type(dialog.getByLabelText("Name"), name);
    await userEvent.click(await dialog.findByLabelText("shop"));
    await userEvent.click(dialog.getByLabelText("Viewer"));
    await userEvent.click(dialog.getByRole("button", { name: "Invite" }));
  };
  it("shows its link once, in full", async () => {
    api.answer("POST /people", { status: 201, body: { user: person("u-4", "Dee"), link: "/sign-in#token=t0ken", expires_ms: 1 } });
    show();
    await invite("Dee");
    expect((await screen.findByLabelText("Sign-in link")).textContent).toBe(`${window.location.origin}/sign-in#token=t0ken`);
    expect(api.changes()).toEqual([{ method: "POST", path: "/people", body: { name: "Dee", role: "viewer", teams: ["t-1"] } }]);
    await userEvent.click(screen.getAllByRole("button", { name: "Close" }).at(-1) ?? document.body);
    expect(screen.queryByText(/t0ken/)).toBeNull();
  });
  it("requires a name", async () => {
    show();
    await invite("");
    expect(screen.getByLabelText("Name").getAttribute("aria-invalid")).toBe("true");
    expect(api.changes()).toEqual([]);
  });
  it("reports a duplicate name at its field", async () => {
    api.answer("POST /people", { status: 409, body: fault("name_taken") });
    show();
    await invite("Bob");
    await waitFor(() => expect(screen.getByLabelText("Name").getAttribute("aria-invalid")).toBe("true"));
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("a user", () => {
  it("gets another role and other teams", async () => {
    api.answer("PATCH /people/u-2", { body: BOB });
    show();
    const dialog = await choose("Bob", /^Role and teams/);
    await userEvent.click(dialog.getByLabelText("Administrator"));
    await userEvent.click(await dialog.findByLabelText("shop"));
    await userEvent.click(dialog.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(api.changes()).toMatchObject([{ path: "/people/u-2", body: { role: "administrator", teams: [] } }]);
  });
  it("who is the last administrator stays one, with the error at the role", async () => {
    api.answer("PATCH /people/u-1", { status: 409, body: fault("last_administrator") });
    show();
    const dialog = await choose("Ann", /^Role and teams/);
    await userEvent.click(dialog.getByLabelText("Member"));
    await userEvent.click(dialog.getByRole("button", { name: "Save" }));
    expect((await within(dialog.getByRole("group", { name: "Role" })).findByText(/last_administrator/)).className).toBe("field-fault");
    expect(dialog.queryByRole("alert")).toBeNull();
  });
  it("is disabled and enabled again", async () => {
    api.answer("PATCH /people/u-2", { body: BOB });
    show();
    const dialog = await choose("Bob", /^Disable/);
    await userEvent.click(dialog.getByRole("button", { name: "Disable" }));
    await waitFor(() => expect(api.changes()).toMatchObject([{ path: "/people/u-2", body: { disabled: true } }]));
  });
  it("gets a link to sign in and set a new password", async () => {
    api.answer("POST /people/u-2/link", { body: { link: "https://jac.example/sign-in#token=n3w", expires_ms: 1 } });
    show();
    const dialog = await choose("Bob", /^Create sign-in link/);
    await userEvent.click(dialog.getByRole("button", { name: "Create link" }));
    expect((await screen.findByLabelText("Sign-in link")).textContent).toBe("https://jac.example/sign-in#token=n3w");
  });
  it("can neither disable nor remove their own account", async () => {
    show();
    await userEvent.click(await screen.findByRole("button", { name: "More about Ann" }));
    expect(screen.getAllByRole("menuitem")).toHaveLength(2);
  });
});

describe("removing a user", () => {
  it("transfers what they owned to a user who can own it", async () => {
    api.answer("DELETE /people/u-2", { status: 204 });
    show();
    const dialog = await choose("Bob", /^Remove/);
    expect(dialog.getByText(/1 cluster, 3 runs/)).toBeDefined();
    await dialog.findByRole("option", { name: "Ann" });
    expect(
      within(dialog.getByLabelText("Hand over to"))
        .getAllByRole("option")
        .map(({ textContent }) => textContent),
    ).toEqual(["Nobody: terminate their clusters", "Ann"]);
    await userEvent.selectOptions(dialog.getByLabelText("Hand over to"), "u-1");
    await userEvent.click(dialog.getByRole("button", { name: "Remove" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(api.changes()).toMatchObject([{ method: "DELETE", path: "/people/u-2?to=u-1" }]);
  });
  it("without a new owner terminates their clusters", async () => {
    api.answer("DELETE /people/u-2", { status: 204 });
    show();
    await userEvent.click((await choose("Bob", /^Remove/)).getByRole("button", { name: "Remove" }));
    await waitFor(() => expect(api.changes()).toMatchObject([{ path: "/people/u-2" }]));
  });
  it("shows an error in the dialog", async () => {
    api.answer("DELETE /people/u-2", { status: 409, body: fault("owns_things") });
    show();
    const dialog = await choose("Bob", /^Remove/);
    await userEvent.click(dialog.getByRole("button", { name: "Remove" }));
    expect((await dialog.findByRole("alert")).textContent).toContain("owns_things");
  });
});

describe("teams", () => {
  const showTeams = () => renderFor(sessionOf("administrator"), <TeamsPage />);
  it("are created with their members", async () => {
    api.answer("GET /teams", { body: { items: [], next: null } });
    api.answer("POST /teams", { status: 201, body: { id: "t-9", name: "search", member_count: 0, members: [] } });
    api.answer("PATCH /teams/t-9", { body: { id: "t-9", name: "search", member_count: 1, members: [] } });
    showTeams();
    await screen.findByText("No teams yet.");
    await userEvent.click(screen.getByRole("button", { name: "New team" }));
    const dialog = within(screen.getByRole("dialog"));
    await userEvent.type(dialog.getByLabelText("Name"), "search");
    await userEvent.click(await dialog.findByLabelText("Bob"));
    await userEvent.click(dialog.getByRole("button", { name: "Create team" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(api.changes().map(({ method, path, body }) => [method, path, body])).toEqual([
      ["POST", "/teams", { name: "search" }],
      ["PATCH", "/teams/t-9", { add: ["u-2"] }],
    ]);
  });
  it("send added and removed members, found by search if there are many", async () => {
    api.answer("GET /people?limit=50", { body: { items: [ANN, BOB], next: "more" } });
    api.answer("GET /people?text=chi&limit=50", { body: { items: [person("u-3", "Chi")], next: null } });
    api.answer("GET /people?text=chi&team=t-1&limit=50", { body: { items: [], next: null } });
    api.answer("PATCH /teams/t-1", { body: { ...SHOP, member_count: 1, members: [] } });
    showTeams();
    const dialog = await choose("shop", /^Name and members/);
    const boxes = () => dialog.getAllByRole("checkbox").map((box) => [(box as HTMLInputElement).labels?.[0]?.textContent, (box as HTMLInputElement).checked]);
    await dialog.findByLabelText("Bob");
    await waitFor(() =>
      expect(boxes()).toEqual([
        ["Bob", true],
        ["Ann", false],
      ]),
    );
    await userEvent.click(dialog.getByLabelText("Bob"));
    await userEvent.click(dialog.getByLabelText("Ann"));
    await userEvent.click(dialog.getByLabelText("Ann"));
    await userEvent.type(dialog.getByRole("searchbox", { name: "Search members" }), "chi{Enter}");
    await userEvent.click(await dialog.findByLabelText("Chi"));
    await userEvent.click(dialog.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(api.changes()).toMatchObject([{ path: "/teams/t-1", body: { name: "shop", add: ["u-3"], remove: ["u-2"] } }]);
  });
  it("report a duplicate name at its field", async () => {
    api.answer("PATCH /teams/t-1", { status: 409, body: fault("name_taken", "/name") });
    showTeams();
    const dialog = await choose("shop", /^Name and members/);
    await userEvent.click(dialog.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(dialog.getByLabelText("Name").getAttribute("aria-invalid")).toBe("true"));
  });
  it("are deleted after confirmation", async () => {
    api.answer("DELETE /teams/t-1", { status: 204 });
    showTeams();
    await userEvent.click((await choose("shop", /^Delete/)).getByRole("button", { name: "Delete" }));
    await waitFor(() => expect(api.changes()).toMatchObject([{ method: "DELETE", path: "/teams/t-1" }]));
  });
});

it("show the error of a list that failed", async () => {
  api.answer("GET /people", { status: 403, body: fault("not_owner") });
  show();
  expect((await screen.findByRole("alert")).textContent).toContain("not_owner");
});
