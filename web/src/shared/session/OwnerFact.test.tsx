import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import type { Owned } from "@/shared/api/types";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import { OwnerFact } from "./OwnerFact";
import { ReadOnlyMark } from "./ReadOnlyMark";

const api = testApi();
const SHOP = { id: "t-1", name: "shop" };
const SEARCH = { id: "t-2", name: "search" };
const thing = (owner: string, team: Owned["team"] = null) => ({ id: "r-1", owner: { id: owner, name: owner === "u-1" ? "Ann" : "Bob" }, team });
const show = (session: ReturnType<typeof sessionOf> | undefined, owned: ReturnType<typeof thing>) =>
  renderFor(
    session,
    <>
      <OwnerFact kind="runs" thing={owned} />
      <ReadOnlyMark thing={owned} />
    </>,
  );
const menu = () => screen.queryByRole("button", { name: /^Shared with/ });

describe("owner and team of an object", () => {
  it.each([
    ["its owner", sessionOf("member", {}, [SHOP]), thing("u-1"), true, false],
    ["its owner, who is in no team", sessionOf("member"), thing("u-1"), false, false],
    ["a team mate", sessionOf("member", {}, [SHOP]), thing("u-2", SHOP), false, false],
    ["another member", sessionOf("member", {}, [SEARCH]), thing("u-2", SHOP), false, true],
    ["a viewer", sessionOf("viewer", {}, [SHOP]), thing("u-2", SHOP), false, true],
  ])("shows %s its team; editable: %#", (_who, session, owned, changes, readOnly) => {
    show(session, owned);
    expect(menu() !== null).toBe(changes);
    const mark = screen.queryByText(/^Read only: Bob/);
    expect(mark !== null).toBe(readOnly);
    if (readOnly) expect(mark?.textContent).toContain("team shop");
  });
});

it("lets the owner share it with a team, and stop that", async () => {
  api.answer("PATCH /runs/r-1/team", { body: {} });
  show(sessionOf("member", {}, [SHOP, SEARCH]), thing("u-1", SEARCH));
  await userEvent.click(screen.getByRole("button", { name: /^Shared with/ }));
  await userEvent.click(screen.getByRole("menuitem", { name: /Share with team shop/ }));
  await waitFor(() => expect(api.changes()).toHaveLength(1));
  await userEvent.click(screen.getByRole("button", { name: /^Shared with/ }));
  await userEvent.click(screen.getByRole("menuitem", { name: /Stop sharing/ }));
  await waitFor(() => expect(api.changes().map(({ body }) => body)).toEqual([{ team: "t-1" }, { team: null }]));
});

it("lets an administrator choose among all teams", async () => {
  api.answer("GET /teams", {
    body: {
      items: [
        { ...SHOP, member_count: 0, members: [] },
        { ...SEARCH, member_count: 0, members: [] },
      ],
      next: null,
    },
  });
  show(sessionOf("administrator"), thing("u-2"));
  await userEvent.click(await screen.findByRole("button", { name: /^Shared with/ }));
  expect(screen.getAllByRole("menuitem")).toHaveLength(2);
});

it("lets an administrator find one of many teams by name", async () => {
  const many = Array.from({ length: 30 }, (_, at) => ({ id: `t-${at}`, name: `team ${at}`, member_count: 0, members: [] }));
  api.answer("GET /teams", { body: { items: many, next: "more" } });
  api.answer("PATCH /runs/r-1/team", { body: {} });
  show(sessionOf("administrator"), thing("u-2"));
  await userEvent.click(await screen.findByRole("button", { name: /^Shared with/ }));
  expect(screen.getAllByRole("menuitem")).toHaveLength(13);
  await userEvent.click(screen.getByRole("menuitem", { name: /another team/ }));
  api.answer("GET /teams", { body: { items: many.slice(29), next: null } });
  await userEvent.type(screen.getByRole("searchbox", { name: "Search teams" }), "team 29{Enter}");
  await userEvent.click(await screen.findByRole("radio", { name: "team 29" }));
  await waitFor(() => expect(screen.getAllByRole("radio")).toHaveLength(1));
  expect(api.asked.some(({ path }) => path.includes("text=team+29"))).toBe(true);
  await userEvent.click(screen.getByRole("button", { name: "Share" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(api.changes()).toEqual([{ method: "PATCH", path: "/runs/r-1/team", body: { team: "t-29" } }]);
});

it("shows an error next to it", async () => {
  api.answer("PATCH /runs/r-1/team", { status: 403, body: fault("not_owner") });
  show(sessionOf("member", {}, [SHOP]), thing("u-1"));
  await userEvent.click(screen.getByRole("button", { name: /^Shared with/ }));
  await userEvent.click(screen.getByRole("menuitem", { name: /shop/ }));
  expect((await screen.findByRole("alert")).textContent).toContain("not_owner");
});
