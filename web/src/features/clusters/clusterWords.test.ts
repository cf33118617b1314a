import { expect, it } from "vitest";
import { clusterChip } from "./clusterWords";

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
