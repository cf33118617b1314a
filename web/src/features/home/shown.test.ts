import { describe, expect, it } from "vitest";
import type { ClusterSummary, RunSummary } from "@/shared/api/types";
import { clustersShown, MOST_CLUSTERS, underWay } from "./shown";

const cluster = (id: string, created_ms: number, change: Partial<ClusterSummary> = {}) => ({ id, created_ms, phase: "ready", current_run: null, ...change }) as ClusterSummary;
const run = (id: string, created_ms: number, phase: RunSummary["phase"]) => ({ id, created_ms, phase }) as RunSummary;
const ids = (things: { id: string }[]) => things.map(({ id }) => id);

describe("the overview’s clusters", () => {
  it("are sorted: with an active run, ready, terminating; newest first", () => {
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
  it("are limited in number, and busy ones are never left out in favour of newer idle ones", () => {
    const many = Array.from({ length: 43 }, (_, index) => cluster(`c-${index}`, index, index === 0 ? { current_run: "r-1" } : {}));
    const shown = clustersShown(many);
    expect(shown).toHaveLength(MOST_CLUSTERS);
    expect(ids(shown).slice(0, 2)).toEqual(["c-0", "c-42"]);
  });
  it("otherwise keep the order of the list", () => {
    const given = [cluster("one", 1), cluster("two", 2)];
    clustersShown(given);
    expect(ids(given)).toEqual(["one", "two"]);
  });
});

it("sorts active runs: running first, queued last", () => {
  const all = [run("queued", 9, "queued"), run("done", 8, "finished"), run("preparing", 7, "preparing"), run("collecting", 6, "collecting"), run("old", 1, "running"), run("new", 5, "running")];
  expect(ids(underWay(all))).toEqual(["new", "old", "collecting", "preparing", "queued"]);
});
