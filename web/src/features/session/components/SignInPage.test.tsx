import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { Route, Routes, useLocation } from "react-router";
import { keys } from "@/shared/api/keys";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import { SignInPage } from "./SignInPage";

const api = testApi();
const ANN = sessionOf("member");

function Elsewhere() {
  const { pathname, search } = useLocation();
  return <p>Opened {pathname + search}</p>;
}
const show = (path: string, session: Parameters<typeof renderFor>[0] = null) =>
  renderFor(
    session,
    <Routes>
      <Route path="/sign-in" element={<SignInPage />} />
      <Route path="*" element={<Elsewhere />} />
    </Routes>,
    path,
  );
const offer = (local: boolean, company: string | null) => api.answer("GET /sign-in", { body: { local, company: company === null ? null : { name: company } } });
const form = () => screen.findByRole("form", { name: "Sign in" });

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  offer(true, null);
});

describe("by name and password", () => {
  const enter = async () => {
    await form();
    await userEvent.type(screen.getByLabelText("Name"), "ann");
    await userEvent.type(screen.getByLabelText("Password"), "correct horse{Enter}");
  };
  it("signs in and continues at the requested page", async () => {
    api.answer("POST /session/password", { body: { page: "s3cret", session: ANN } });
    show("/sign-in?next=%2Fruns%3Fphase%3Drunning");
    await enter();
    expect(await screen.findByText("Opened /runs?phase=running")).toBeDefined();
    expect(api.changes()).toEqual([{ method: "POST", path: "/session/password", body: { name: "ann", password: "correct horse" } }]);
    expect(localStorage.getItem("jac.page")).toBe("s3cret");
  });
  it("sends no request while a field is empty", async () => {
    show("/sign-in");
    await form();
    await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
    expect([screen.getByLabelText("Name"), screen.getByLabelText("Password")].map((field) => field.getAttribute("aria-invalid"))).toEqual(["true", "true"]);
    expect(api.changes()).toEqual([]);
  });
  it("shows the same for a wrong password and a disabled account, and clears the password", async () => {
    api.answer("POST /session/password", { status: 401, body: fault("sign_in_failed") });
    show("/sign-in");
    await enter();
    expect(await screen.findByText(/Wrong name or password/)).toBeDefined();
    expect(screen.getByLabelText<HTMLInputElement>("Password").value).toBe("");
    expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("ann");
  });
  it("waits as long as the server says", async () => {
    api.answer("POST /session/password", { status: 429, body: fault("sign_in_delayed"), headers: { "Retry-After": "42" } });
    show("/sign-in");
    await enter();
    expect((await screen.findByText(/Try again in/)).textContent).toMatch(/4[12]\s+s/);
    expect(screen.getByRole("button", { name: "Sign in" })).toHaveProperty("disabled", true);
  });
  it("is busy until the answer comes", async () => {
    let go: () => void = () => undefined;
    api.answer("POST /session/password", { body: { page: "s", session: ANN }, after: new Promise<void>((resolve) => (go = resolve)) });
    show("/sign-in");
    await enter();
    expect(await screen.findByRole("button", { name: "Signing in…" })).toHaveProperty("disabled", true);
    act(go);
    await screen.findByText("Opened /");
  });
  it("shows another error in full", async () => {
    api.answer("POST /session/password", { status: 503, body: fault("sessions_unavailable") });
    show("/sign-in");
    await enter();
    expect((await screen.findByRole("alert")).textContent).toContain("sessions_unavailable");
  });
});

describe("with single sign-on", () => {
  it("is the only way if passwords are disabled", async () => {
    offer(false, "Example");
    show("/sign-in");
    expect((await screen.findByRole("button", { name: "Sign in with Example" })).className).toContain("btn-primary");
    expect(screen.queryByRole("form")).toBeNull();
  });
  it("returns signed in, without the secret in the address", async () => {
    sessionStorage.setItem("jac.next", "/plans");
    api.answer("GET /session", { body: ANN });
    show("/sign-in#page=s3cret", null);
    expect(await screen.findByText("Opened /plans")).toBeDefined();
    expect(localStorage.getItem("jac.page")).toBe("s3cret");
    expect(window.location.href).not.toContain("s3cret");
  });
  it("returns with an error code, and can be retried", async () => {
    offer(false, "Example");
    show("/sign-in#fault=company_refused");
    expect((await screen.findByRole("alert")).textContent).toContain("company_refused");
    expect(screen.getByRole("button", { name: "Sign in with Example" })).toBeDefined();
  });
});

describe("with a one-time link", () => {
  it("signs in once, clears the address, and offers to set a password", async () => {
    api.answer("POST /session", { body: { page: "p", session: { ...ANN, has_password: false, by_link: true } } });
    api.answer("PUT /account/password", { status: 204 });
    api.answer("GET /session", { body: ANN });
    show("/sign-in#token=t0ken");
    await userEvent.type(await screen.findByLabelText("New password"), "correct horse battery");
    expect(window.location.href).not.toContain("t0ken");
    await userEvent.click(screen.getByRole("button", { name: "Set password" }));
    expect(await screen.findByText("Opened /")).toBeDefined();
    expect(api.changes()).toEqual([
      { method: "POST", path: "/session", body: { token: "t0ken" } },
      { method: "PUT", path: "/account/password", body: { password: "correct horse battery" } },
    ]);
  });
  it("shows the error of a weak password at its field, and allows continuing without one", async () => {
    api.answer("POST /session", { body: { page: "p", session: { ...ANN, has_password: false, by_link: true } } });
    api.answer("PUT /account/password", { status: 400, body: fault("password_weak", "/password") });
    show("/sign-in#token=t0ken");
    const field = await screen.findByLabelText("New password");
    await userEvent.type(field, "short{Enter}");
    await waitFor(() => expect(field.getAttribute("aria-invalid")).toBe("true"));
    expect(screen.queryByRole("alert")).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Not now" }));
    expect(await screen.findByText("Opened /")).toBeDefined();
  });
  it("asks for nothing more on the user's own machine", async () => {
    api.answer("POST /session", { body: { page: "p", session: sessionOf("administrator", { single_user: true, by_link: true, has_password: false }) } });
    show("/sign-in#token=t0ken");
    expect(await screen.findByText("Opened /")).toBeDefined();
  });
  it("says how to get another link if it was already used", async () => {
    api.answer("POST /session", { status: 401, body: fault("link_invalid") });
    show("/sign-in#token=t0ken");
    expect(await screen.findByRole("heading", { name: "Sign-in link invalid or expired" })).toBeDefined();
    expect(screen.getByText("jac admin link")).toBeDefined();
  });
  it("does not use up a link before the signed-in user has agreed", async () => {
    api.answer("POST /session", { body: { page: "p", session: sessionOf("viewer", { single_user: true }) } });
    show("/sign-in#token=t0ken", ANN);
    await screen.findByRole("heading", { name: "Use this sign-in link?" });
    expect(api.changes()).toEqual([]);
    await userEvent.click(screen.getByRole("button", { name: "Use the link" }));
    expect(await screen.findByText("Opened /")).toBeDefined();
    expect(api.changes()).toHaveLength(1);
  });
});

it("explains links if nothing else is offered", async () => {
  offer(false, null);
  show("/sign-in");
  expect(await screen.findByRole("heading", { name: "Sign in with a link" })).toBeDefined();
  expect(screen.getByText("jac admin link")).toBeDefined();
});

it("shows why a session ended while its pages were open", async () => {
  const client = show("/elsewhere");
  client.setQueryData(keys.signedOut, "disabled");
  act(() => {
    window.history.pushState(null, "", "/sign-in");
    window.dispatchEvent(new PopStateEvent("popstate"));
  });
  expect(await screen.findByRole("heading", { name: "You have been signed out" })).toBeDefined();
  expect(screen.getByText(/account is disabled/)).toBeDefined();
});

it("continues if the user is already signed in", () => {
  show("/sign-in?next=/runs", ANN);
  expect(screen.getByText("Opened /runs")).toBeDefined();
});
