import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import { runOf } from "@/test/results";
import { RunHead } from "./RunHead";

const api = testApi();
const mine = runOf({ id: "r-1", name: "peak", owner: { id: "u-1", name: "Ann" } });
const openMenu = () => userEvent.click(screen.getByRole("button", { name: "More about this run" }));

beforeEach(() => api.answer("GET /runs", { body: { items: [], next: null } }));

describe("pinning a run", () => {
  it("asks the server, and is undone the same way", async () => {
    api.answer("PATCH /runs/r-1/pin", { body: { ...mine, pinned: true } });
    renderFor(sessionOf("member"), <RunHead run={mine} live={null} />);
    expect(screen.queryByRole("img", { name: "Pinned" })).toBeNull();
    await openMenu();
    await userEvent.click(screen.getByRole("menuitem", { name: /^Pin/ }));
    await waitFor(() => expect(api.changes()).toEqual([{ method: "PATCH", path: "/runs/r-1/pin", body: { pinned: true } }]));
  });
  it("is shown beside the name, and can be undone", async () => {
    api.answer("PATCH /runs/r-1/pin", { body: mine });
    renderFor(sessionOf("member"), <RunHead run={{ ...mine, pinned: true }} live={null} />);
    expect(screen.getByRole("img", { name: "Pinned" })).toBeDefined();
    await openMenu();
    await userEvent.click(screen.getByRole("menuitem", { name: /^Unpin/ }));
    await waitFor(() => expect(api.changes()).toEqual([{ method: "PATCH", path: "/runs/r-1/pin", body: { pinned: false } }]));
  });
  it("tells a refusal below the head", async () => {
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
