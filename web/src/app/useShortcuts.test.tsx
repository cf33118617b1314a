import { fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { useLocation } from "react-router";
import { beforeEach, expect, it } from "vitest";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import { HelpDialog } from "./HelpDialog";
import { SearchDialog } from "./SearchDialog";
import { Sidebar } from "./Sidebar";
import { useShortcuts, type Asked } from "./useShortcuts";

const api = testApi();

function Page() {
  const [asked, setAsked] = useState<Asked | null>(null);
  useShortcuts(setAsked);
  const close = () => setAsked(null);
  return (
    <>
      <Sidebar onAsk={setAsked} />
      <main>
        <output>{useLocation().pathname}</output>
        <input type="search" aria-label="Search runs" />
      </main>
      {asked === "help" && <HelpDialog onClose={close} />}
      {asked === "search" && <SearchDialog onClose={close} />}
    </>
  );
}

const path = () => screen.getByRole("status", { hidden: true }).textContent;
const press = (...keys: string[]) => keys.forEach((key) => fireEvent.keyDown(document.activeElement ?? document.body, { key }));

beforeEach(() => {
  localStorage.clear();
  renderFor(sessionOf("member"), <Page />);
});

it("opens a page with two keys, and focuses the page's search with one", () => {
  press("g", "r");
  expect(path()).toBe("/runs");
  press("g", "x", "p");
  expect(path()).toBe("/runs");
  press("/");
  expect(document.activeElement).toBe(screen.getByRole("searchbox", { name: "Search runs" }));
});

it("ignores keys that are typed into a field", () => {
  screen.getByRole("searchbox", { name: "Search runs" }).focus();
  press("g", "r", "?");
  expect([path(), screen.queryByRole("dialog")]).toEqual(["/", null]);
});

it("lists the shortcuts, and lets users disable them", async () => {
  press("?");
  await userEvent.click(screen.getByRole("switch", { name: "Single-key shortcuts" }));
  await userEvent.click(screen.getAllByRole("button", { name: "Close" })[0] as HTMLElement);
  press("?");
  press("g", "r");
  expect([screen.queryByRole("dialog"), path()]).toEqual([null, "/"]);
});

it("finds pages and runs, and opens the selected one", async () => {
  api.answer("GET /runs", { body: { items: [{ id: "r-1", name: "shop at night", plan: { id: "p-1", name: "Checkout" }, created_ms: 0 }], next: null } });
  fireEvent.keyDown(document.body, { key: "k", ctrlKey: true });
  const field = screen.getByRole("combobox");
  await userEvent.type(field, "shop");
  await screen.findByRole("option", { name: /shop at night/ });
  await waitFor(() => expect(api.asked.some(({ path: asked }) => asked.includes("text=shop"))).toBe(true));
  await screen.findByRole("option", { name: /shop at night.*Checkout, 1970-01-01/ });
  await userEvent.keyboard("{Enter}");
  expect([path(), screen.queryByRole("dialog")]).toEqual(["/runs/r-1", null]);
});

it("opens the menu by its button, and closes it with Escape and with the next page", async () => {
  const menu = screen.getByRole("button", { name: "Menu" });
  const open = () => menu.getAttribute("aria-expanded");
  await userEvent.click(menu);
  expect(open()).toBe("true");
  press("Escape");
  expect(open()).toBe("false");
  await userEvent.click(menu);
  await userEvent.click(screen.getByRole("link", { name: "Plans" }));
  expect([open(), path()]).toEqual(["false", "/plans"]);
});

it("focuses the search field", () => {
  fireEvent.keyDown(document.body, { key: "k", ctrlKey: true });
  expect(document.activeElement).toBe(screen.getByRole("combobox"));
});

it("does not open results of an earlier search text", async () => {
  const none = { body: { items: [], next: null } };
  for (const list of ["plans", "clusters"]) api.answer(`GET /${list}`, none);
  api.answer("GET /runs", { body: { items: [{ id: "r-1", name: "shop", plan: { id: "p-1", name: "Checkout" }, created_ms: 0 }], next: null } });
  api.answer("GET /runs?text=other&limit=5", { ...none, after: new Promise(() => undefined) });
  fireEvent.keyDown(document.body, { key: "k", ctrlKey: true });
  await screen.findByRole("option", { name: /shop/ });
  await userEvent.type(screen.getByRole("combobox"), "other");
  await waitFor(() => expect(api.asked.some(({ path: asked }) => asked.includes("text=other"))).toBe(true));
  await userEvent.keyboard("{Enter}");
  expect([path(), screen.queryByRole("option")]).toEqual(["/", null]);
  expect(screen.queryByText("No matches.")).toBeNull();
});

it("reports a failed search", async () => {
  api.answer("GET /runs", { status: 500, body: fault("internal") });
  fireEvent.keyDown(document.body, { key: "k", ctrlKey: true });
  await userEvent.type(screen.getByRole("combobox"), "zzz");
  expect((await screen.findByRole("alert")).textContent).toContain("Refused with");
  expect(screen.queryByText("No matches.")).toBeNull();
});
