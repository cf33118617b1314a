import { expect, it } from "vitest";
import type { ClusterSummary } from "@/shared/api/types";
import { clusterChip, takesRuns } from "./clusterWords";

const because = (code: string) => ({ code, params: {}, message: "" });

it.each([
  [null, because("unfit"), "failed", "launch failed"],
  [null, because("terminated_by"), "ended", "terminated"],
  [5, because("unfit"), "ended", "terminated"],
  [5, because("uncoded"), "ended", "terminated"],
  [null, null, "ended", "terminated"],
  [null, because("uncoded"), "attention", "never ready"],
])("of a terminated cluster that was ready at %s and ended by %j is %s: %s", (ready_ms, cause, tone, word) => {
  expect(clusterChip({ phase: "terminated", ready_ms, cause, lost_nodes: [], current_run: null })).toMatchObject({ tone, word });
});

it.each<[Partial<ClusterSummary>, boolean]>([
  [{}, true],
  [{ phase: "launching" }, true],
  [{ phase: "terminating" }, false],
  [{ lost_nodes: ["worker-1"] }, false],
  [{ current_run: "r-1" }, true],
  [{ remove_after_run: true }, true],
  [{ remove_after_run: true, current_run: "r-1" }, false],
])("a cluster with %j takes runs: %s", (more, takes) => {
  expect(takesRuns({ phase: "ready", lost_nodes: [], current_run: null, remove_after_run: false, ...more })).toBe(takes);
});
