import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it, vi } from "vitest";
import { Link, Route, Routes } from "react-router";
import { keys } from "@/shared/api/keys";
import { useSession } from "@/shared/session/useSession";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import { SignedIn } from "../components/SignedIn";
import { SignInPage } from "../components/SignInPage";
import { useSessionElsewhere } from "../useSessionElsewhere";
import { useSignOut } from "./useSignOut";

const api = testApi();
const SECRET = ["runs", "r-1"];

beforeEach(() => {
  localStorage.setItem("jac.page", "s3cret");
  api.answer("DELETE /session", { status: 204 });
  api.answer("GET /sign-in", { body: { local: true, company: null } });
});

function Page({ leave }: { leave: (url: string) => void }) {
  const { data: session } = useSession();
  const signOut = useSignOut(leave);
  return (
    <>
      <p>Seen by {session?.user.name}</p>
      <Link to="/runs/r-2">Another page</Link>
      <button type="button" onClick={() => signOut.mutate()}>
        Sign out
      </button>
    </>
  );
}

/** Routes as in the app: the sign-in page, and every other path for signed-in users. */
function show(more: Parameters<typeof sessionOf>[1] = {}, path = "/runs/r-1") {
  const gone: string[] = [];
  const client = renderFor(
    sessionOf("member", more),
    <Routes>
      <Route path="/sign-in" element={<SignInPage />} />
      <Route
        path="*"
        element={
          <SignedIn>
            <Page leave={(to) => gone.push(to)} />
          </SignedIn>
        }
      />
    </Routes>,
    path,
  );
  client.setQueryData(SECRET, { id: "r-1" });
  return { client, gone };
}

const signInForm = () => screen.findByRole("form", { name: "Sign in" });
/** Simulates another page of the browser that changes the shared session. */
const elsewhere = (newValue: string | null) => act(() => void window.dispatchEvent(new StorageEvent("storage", { key: "jac.page", newValue })));

it.each([
  [null, []],
  ["https://sso.example/logout", ["https://sso.example/logout"]],
])("shows the sign-in page, keeps no data, and redirects to %j", async (url, left) => {
  const { client, gone } = show({ sign_out_url: url });
  await userEvent.click(screen.getByRole("button", { name: "Sign out" }));
  await signInForm();
  expect(screen.queryByText(/Seen by/)).toBeNull();
  expect(client.getQueryData(SECRET)).toBeUndefined();
  expect(client.getMutationCache().getAll()).toEqual([]);
  expect(localStorage.getItem("jac.page")).toBeNull();
  expect(gone).toEqual(left);
});

it("leaves no way back: neither in the address of the sign-in page nor by the back button", async () => {
  show();
  await userEvent.click(screen.getByRole("link", { name: "Another page" }));
  await userEvent.click(screen.getByRole("button", { name: "Sign out" }));
  await signInForm();
  expect(window.location.pathname + window.location.search).toBe("/sign-in");
  const back = vi.fn();
  window.addEventListener("popstate", back, { once: true });
  act(() => window.history.back());
  await waitFor(() => expect(back).toHaveBeenCalledTimes(1));
  await waitFor(() => expect(window.location.pathname + window.location.search).toBe("/sign-in"));
  await signInForm();
  expect(screen.queryByText(/Seen by/)).toBeNull();
});

it("keeps everything if the server did not end the session", async () => {
  api.answer("DELETE /session", { status: 503, body: fault("sessions_unavailable") });
  const { client } = show();
  await userEvent.click(screen.getByRole("button", { name: "Sign out" }));
  await waitFor(() => expect(client.getMutationCache().getAll()[0]?.state.status).toBe("error"));
  expect(screen.getByText("Seen by Ann")).toBeDefined();
  expect([client.getQueryData(SECRET), client.getQueryData(keys.signedOut)]).toEqual([{ id: "r-1" }, undefined]);
  expect(localStorage.getItem("jac.page")).toBe("s3cret");
});

it("signs out the browser's other pages at once, without the server", async () => {
  const { client } = show();
  elsewhere(null);
  await signInForm();
  expect(client.getQueryData(SECRET)).toBeUndefined();
  expect(window.location.search).toBe("");
  expect(api.changes()).toEqual([]);
});

it("does not lose the sign-in page if the end is reported twice: by the server, and by the other page", async () => {
  let come: () => void = () => undefined;
  api.answer("GET /sign-in", { body: { local: true, company: null }, after: new Promise<void>((resolve) => (come = resolve)) });
  const { client } = show();
  act(() => void client.setQueryData(keys.session, null));
  await waitFor(() => expect(api.asked.some(({ path }) => path === "/sign-in")).toBe(true));
  elsewhere(null);
  come();
  await signInForm();
});

it("returns to the page after a session that ended otherwise, and keeps no data meanwhile", async () => {
  const { client } = show();
  act(() => void client.setQueryData(keys.session, null));
  await signInForm();
  expect(new URLSearchParams(window.location.search).get("next")).toBe("/runs/r-1");
  expect(client.getQueryData(SECRET)).toBeUndefined();
});

it("continues after signing in on another page of the browser", async () => {
  const { client } = show();
  act(() => void client.setQueryData(keys.session, null));
  await signInForm();
  api.answer("GET /session", { body: sessionOf("member") });
  elsewhere("another");
  expect(await screen.findByText("Seen by Ann")).toBeDefined();
  expect(window.location.pathname).toBe("/runs/r-1");
});

it("reloads a page that shows one user's data for the next user", () => {
  const reload = vi.fn();
  function Open() {
    useSessionElsewhere(reload);
    return null;
  }
  renderFor(sessionOf("member"), <Open />);
  elsewhere("another");
  expect(reload).toHaveBeenCalledTimes(1);
});
