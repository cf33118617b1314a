import { expect, it } from "vitest";
import type { ClusterPhase } from "@/shared/api/types";
import { clusterChip } from "./clusterWords";

const chip = (phase: ClusterPhase, ready_ms: number | null, cause: string | null) => clusterChip({ phase, ready_ms, cause, lost_nodes: [], current_run: null });

it.each([
  [null, "its host key is unknown", "failed", "launch failed"],
  [5, "idle timeout", "ended", "terminated"],
  [null, null, "ended", "terminated"],
])("of a terminated cluster that was ready at %s and ended by %s is %s: %s", (ready_ms, cause, tone, word) => {
  expect(chip("terminated", ready_ms, cause)).toMatchObject({ tone, word });
});
