import { describe, expect, it } from "vitest";
import type { Check, ThreadGroup } from "@/shared/api/types";
import { CHECK, threadGroup } from "@/test/plans";
import { fixedTotalFault, totalOf, workersFor } from "./totalUsers";

const check = (thread_groups: ThreadGroup[], properties: string[], threads_per_node: number | null): Check => ({
  ...CHECK,
  thread_groups,
  threads_per_node,
  properties: properties.map((name) => ({ name, default: null, value: null })),
});

describe("a total of users", () => {
  const users = threadGroup("Users", "${__P(threads,600)}", 600);
  it("is set by the property that defines the plan's only number of threads", () => {
    expect(totalOf(check([users], ["host", "threads"], 600))).toEqual({ kind: "property", name: "threads" });
    const without = threadGroup("Users", "${__P(threads)}", null);
    expect(totalOf(check([without], ["threads"], null))).toEqual({ kind: "property", name: "threads" });
  });
  it("is that of the main thread groups, regardless of setup groups", () => {
    const before = { ...threadGroup("Prepare", null, 1), kind: "setUp Thread Group" };
    expect(totalOf(check([before, users], ["threads"], 600))).toEqual({ kind: "property", name: "threads" });
  });
  it("needs several properties if several numbers define it", () => {
    const admins = threadGroup("Admins", "${__P(admins,5)}", 5);
    expect(totalOf(check([users, admins], ["threads", "admins"], 605))).toEqual({ kind: "properties", names: ["threads", "admins"] });
    expect(totalOf(check([users, threadGroup("More", "${__P(threads,600)}", 600)], ["threads"], 1200))).toEqual({ kind: "properties", names: ["threads"] });
    expect(totalOf(check([users, threadGroup("Fixed", null, 5)], ["threads"], 605))).toEqual({ kind: "properties", names: ["threads"] });
  });
  it("is a number of workers if the plan has fixed numbers, each of which could be a property", () => {
    const off = { ...threadGroup("Off", "${__P(threads,9)}", 9), enabled: false };
    expect(totalOf(check([threadGroup("Users", null, 100), off], ["threads"], 100))).toEqual({ kind: "fixed", each: 100, groups: [{ name: "Users", expression: "${__P(users,100)}" }] });
    const two = totalOf(check([threadGroup("A", null, 10), threadGroup("B", null, 5)], [], 15));
    expect(two?.kind === "fixed" && two.groups.map(({ expression }) => expression)).toEqual(["${__P(users1,10)}", "${__P(users2,5)}"]);
    // A table of another kind of group has no number that could be replaced.
    expect(totalOf(check([{ ...threadGroup("Steps", null, 50), kind: "Ultimate Thread Group" }], [], 50))).toEqual({ kind: "fixed", each: 50, groups: [] });
  });
  it("is computed by the plan if no property is known to define it", () => {
    expect(totalOf(check([threadGroup("Users", "${count}", 40)], ["host"], 40))).toEqual({ kind: "computed", by: "${count}" });
  });
  it("is unknown if the number of users is", () => {
    expect(totalOf(check([threadGroup("Users", null, null)], ["host"], null))).toBeNull();
    expect(totalOf(check([], [], 0))).toBeNull();
  });
});

it("needs one number of workers, or the two around it", () => {
  expect([workersFor(500, 100), workersFor(450, 100), workersFor(50, 100), workersFor(100, 100)]).toEqual([[5], [4, 5], [1], [1]]);
});

it("is rejected if a run would have a different one", () => {
  const fixed = { kind: "fixed", each: 100, groups: [] } as const;
  const fault = (typed: string, workers = 3) => fixedTotalFault({ ...fixed, groups: [] }, typed, workers);
  expect([fault(""), fault("300"), fault(" 300 "), fault("0", 0)]).toEqual([null, null, null, null]);
  expect(fault("many")).toContain("whole number");
  expect(fault("500")).toContain("a different total");
  expect(fixedTotalFault({ kind: "property", name: "threads" }, "500", 3)).toBeNull();
});
