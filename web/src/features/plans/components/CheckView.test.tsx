import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import type { Check } from "@/shared/api/types";
import { renderFor, sessionOf, testApi } from "@/test/api";
import { CHECK as SHOP } from "@/test/plans";
import { CheckView } from "./CheckView";

testApi();

const CHECK: Check = {
  ...SHOP,
  thread_groups: [],
  threads_per_node: 10,
  total_threads: 20,
  duration_s: 60,
  shape: {
    length_ms: 60_000,
    groups: [
      {
        name: "Users",
        ends: "scheduled",
        points: [
          { at_ms: 0, users: 0 },
          { at_ms: 60_000, users: 20 },
        ],
      },
    ],
    total: [
      { at_ms: 0, users: 0 },
      { at_ms: 60_000, users: 20 },
    ],
    notes: [{ code: "users_follow_rate", group: "Arrivals", message: "How many users that takes is not known." }],
  },
  data_files: [{ path: "data/users.csv", found: false, element: "Users", bytes: null, split: false, written_by_plan: false, elsewhere: { from: "users.csv", to: "data/users.csv" } }],
  properties: [],
};

it("moves a file to the path that the plan expects with one click", async () => {
  const mutate = vi.fn();
  renderFor(sessionOf("member"), <CheckView check={CHECK} move={{ mutate, isPending: false, error: null }} />);
  expect(screen.getByText("found at users.csv")).toBeDefined();
  await userEvent.click(screen.getByRole("button", { name: "Move users.csv to data/users.csv" }));
  expect(mutate).toHaveBeenCalledWith({ from: "users.csv", to: "data/users.csv" });
});

it("draws the users over time, lists what is unknown, and offers no move to users without the right", () => {
  renderFor(sessionOf("viewer"), <CheckView check={CHECK} move={null} />);
  expect(screen.getByRole("figure", { name: /^Users over time: up to 20 users, ending after 1/ })).toBeDefined();
  expect(screen.getByText("How many users that takes is not known.")).toBeDefined();
  expect(screen.queryByRole("button", { name: /^Move/ })).toBeNull();
});
