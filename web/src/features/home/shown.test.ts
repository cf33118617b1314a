import { describe, expect, it } from "vitest";
import type { ClusterSummary, RunSummary } from "@/shared/api/types";
import { clustersShown, MOST_CLUSTERS, underWay } from "./shown";

const cluster = (id: string, created_ms: number, change: Partial<ClusterSummary> = {}) => ({ id, created_ms, phase: "ready", current_run: null, ...change }) as ClusterSummary;
const run = (id: string, created_ms: number, phase: RunSummary["phase"]) => ({ id, created_ms, phase }) as RunSummary;
const ids = (things: { id: string }[]) => things.map(({ id }) => id);

describe("the overview’s clusters", () => {
  it("are those with a run first, then those that are up, then those that go; the newest first", () => {
    const all = [
      cluster("going", 9, { phase: "terminating" }),
      cluster("old", 1),
      cluster("failed", 8, { phase: "failed" }),
      cluster("busy-old", 2, { current_run: "r-1" }),
      cluster("coming", 7, { phase: "launching" }),
      cluster("busy", 3, { current_run: "r-2" }),
    ];
    expect(ids(clustersShown(all))).toEqual(["busy", "busy-old", "coming", "old", "going", "failed"]);
  });
  it("do not bury what is below them, and the busy ones are never those left out for newer idle ones", () => {
    const many = Array.from({ length: 43 }, (_, index) => cluster(`c-${index}`, index, index === 0 ? { current_run: "r-1" } : {}));
    const shown = clustersShown(many);
    expect(shown).toHaveLength(MOST_CLUSTERS);
    expect(ids(shown).slice(0, 2)).toEqual(["c-0", "c-42"]);
  });
  it("stay in the order that the list gave to the others", () => {
    const given = [cluster("one", 1), cluster("two", 2)];
    clustersShown(given);
    expect(ids(given)).toEqual(["one", "two"]);
  });
});

it("runs under way begin with those that take samples and end with those that wait", () => {
  const all = [run("queued", 9, "queued"), run("done", 8, "finished"), run("preparing", 7, "preparing"), run("collecting", 6, "collecting"), run("old", 1, "running"), run("new", 5, "running")];
  expect(ids(underWay(all))).toEqual(["new", "old", "collecting", "preparing", "queued"]);
});
