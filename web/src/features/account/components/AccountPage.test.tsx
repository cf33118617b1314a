import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { SessionView, TokenView } from "@/shared/api/types";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import { AccountPage } from "./AccountPage";

const api = testApi();
const LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const sessionView = (id: string, current: boolean): SessionView => ({ id, current, created_ms: 0, last_used_ms: 0, expires_ms: 1, address: "10.0.0.7", user_agent: LINUX });
const token: TokenView = { id: "t-1", name: "nightly", scope: "run", created_ms: 0, expires_ms: null, last_used_ms: null };

beforeEach(() => {
  api.answer("GET /account/sessions", { body: [sessionView("s-1", true), sessionView("s-2", false)] });
  api.answer("GET /account/tokens", { body: [token] });
});
const show = (session = sessionOf("member")) => renderFor(session, <AccountPage />);

describe("the password", () => {
  it("is changed by entering the current one", async () => {
    api.answer("PUT /account/password", { status: 204 });
    show();
    await userEvent.type(screen.getByLabelText("Current password"), "old");
    await userEvent.type(screen.getByLabelText("New password"), "correct horse battery{Enter}");
    expect(await screen.findByText("Password saved.")).toBeDefined();
    expect(api.changes()).toEqual([{ method: "PUT", path: "/account/password", body: { current: "old", password: "correct horse battery" } }]);
    expect(screen.getByLabelText<HTMLInputElement>("New password").value).toBe("");
  });
  it.each([
    ["sign_in_failed", "/current", "Current password"],
    ["password_weak", "/password", "New password"],
  ])("shows the error %s at %s at its field", async (code, field, label) => {
    api.answer("PUT /account/password", { status: code === "sign_in_failed" ? 401 : 400, body: fault(code, field) });
    show();
    await userEvent.type(screen.getByLabelText("Current password"), "old");
    await userEvent.type(screen.getByLabelText("New password"), "new{Enter}");
    await waitFor(() => expect(screen.getByLabelText(label).getAttribute("aria-invalid")).toBe("true"));
    expect(screen.getByRole("form", { name: "Password" }).querySelectorAll("[aria-invalid=true]")).toHaveLength(1);
  });
  it.each([sessionOf("member", { by_link: true }), sessionOf("member", { has_password: false })])("needs no current one after signing in by link, or if none is set", (session) => {
    show(session);
    expect(screen.queryByLabelText("Current password")).toBeNull();
  });
});

describe("sessions", () => {
  it("can be ended, except the current one", async () => {
    api.answer("DELETE /account/sessions/s-2", { status: 204 });
    show();
    const table = within(await screen.findByRole("region", { name: "Sessions" }));
    expect(table.getByText("this session")).toBeDefined();
    await userEvent.click(table.getByRole("button", { name: /^End session/ }));
    expect(api.changes()).toEqual([]);
    await userEvent.click(within(screen.getByRole("dialog")).getByRole("button", { name: "End" }));
    await waitFor(() => expect(api.changes()).toMatchObject([{ method: "DELETE", path: "/account/sessions/s-2" }]));
  });
});

describe("tokens", () => {
  const create = async (name: string) => {
    await userEvent.click(await screen.findByRole("button", { name: "New token" }));
    const dialog = within(screen.getByRole("dialog"));
    if (name !== "") await userEvent.type(dialog.getByLabelText("Name"), name);
    await userEvent.click(dialog.getByRole("button", { name: "Create token" }));
    return within(screen.getByRole("dialog"));
  };
  it("are shown once, and can be copied", async () => {
    api.answer("POST /account/tokens", { status: 201, body: { token: "jac_secret", view: { ...token, id: "t-2", name: "ci" } } });
    show();
    const dialog = await create("ci");
    expect((await dialog.findByLabelText("Token")).textContent).toBe("jac_secret");
    expect(api.changes()[0]?.body).toEqual({ name: "ci", scope: "run", expires_days: 90 });
    await userEvent.click(dialog.getAllByRole("button", { name: "Close" }).at(-1) ?? document.body);
    expect(screen.queryByText("jac_secret")).toBeNull();
  });
  it("need a name", async () => {
    show();
    const dialog = await create("");
    expect(dialog.getByLabelText("Name").getAttribute("aria-invalid")).toBe("true");
    expect(api.changes()).toEqual([]);
  });
  it("report a duplicate name at its field", async () => {
    api.answer("POST /account/tokens", { status: 409, body: fault("name_taken") });
    show();
    const dialog = await create("nightly");
    await waitFor(() => expect(dialog.getByLabelText("Name").getAttribute("aria-invalid")).toBe("true"));
    expect(dialog.queryByRole("alert")).toBeNull();
  });
  it("of a viewer are read-only", async () => {
    show(sessionOf("viewer"));
    await userEvent.click(await screen.findByRole("button", { name: "New token" }));
    expect(within(screen.getByRole("dialog")).getAllByRole("radio")).toHaveLength(1);
  });
  it("are revoked after confirmation", async () => {
    api.answer("DELETE /account/tokens/t-1", { status: 204 });
    show();
    await userEvent.click(await screen.findByRole("button", { name: "Revoke nightly" }));
    await userEvent.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Revoke" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(api.changes()).toMatchObject([{ method: "DELETE", path: "/account/tokens/t-1" }]);
  });
  it("show a message if there are none", async () => {
    api.answer("GET /account/tokens", { body: [] });
    show();
    expect(await screen.findByText(/^No tokens/)).toBeDefined();
  });
});

it("shows the error of a list that failed, and the other lists", async () => {
  api.answer("GET /account/tokens", { status: 500, body: fault("internal") });
  show();
  expect((await screen.findByRole("alert")).textContent).toContain("internal");
  expect(await screen.findByRole("region", { name: "Sessions" })).toBeDefined();
});
