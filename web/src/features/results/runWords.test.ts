import { expect, it } from "vitest";
import type { Headline, Run } from "@/shared/api/types";
import { causeChip, doubtChip, noteChips, phaseChip, stateChip, verdictChip } from "./runWords";

const counts = (samples: number, errors: number) => ({ samples, errors });
const finished = (samples: number, errors: number) =>
  ({ phase: "finished", cause: { kind: "completed" }, stop_requested: null, headline: { samples, errors } as Headline }) as Pick<Run, "phase" | "cause" | "stop_requested" | "headline">;

it("never shows a run as good if all samples failed, or there are none", () => {
  for (const [samples, errors] of [
    [90, 90],
    [0, 0],
  ] as const) {
    const run = finished(samples, errors);
    const tones = [phaseChip(run), stateChip(run), verdictChip("passed", counts(samples, errors)), doubtChip(counts(samples, errors))].map((chip) => chip?.tone);
    expect(tones).toEqual(["ended", "attention", "ended", "attention"]);
  }
  expect(stateChip(finished(90, 90)).word).toBe("all samples failed");
});

it("shows a run as good if some samples passed, and a failed verdict as failed", () => {
  expect(stateChip(finished(90, 89))).toEqual(causeChip({ kind: "completed" }, counts(90, 89)));
  expect(stateChip(finished(90, 89)).tone).toBe("good");
  expect(verdictChip("failed", counts(90, 90))?.tone).toBe("failed");
});

it("lists in the header what a run's figures leave out, each kind once", () => {
  const note = (code: string) => ({ code, message: "", params: {} });
  expect(noteChips({ notes: [note("clock_offset")] }, 0)).toEqual([]);
  const chips = noteChips({ notes: [note("fewer_workers"), note("node_log_lost"), note("generators_busy")] }, 2);
  expect(chips.map(({ word }) => word)).toEqual(["partial results", "load generators busy", "2 rows not read"]);
});
