import { expect, it } from "vitest";
import type { RunStep } from "@/shared/api/types";
import { phasesOf } from "./phases";

const step = (code: string, started: number, ended: number | null): RunStep => ({ code, params: {}, message: "", started_ms: started * 1000, ended_ms: ended === null ? null : ended * 1000 });
const STEPS = [step("waiting_for_cluster", 0, 3), step("checking_nodes", 3, 4), step("copying_files", 4, 9), step("starting_master", 9, 10), step("running", 10, 70)];
const shown = (steps: RunStep[], phase: "queued" | "preparing" | "running" | "finished", now: number) =>
  phasesOf({ steps, phase, ended_ms: null }, now * 1000).map(({ name, ms, now: current }) => [name, ms / 1000, current]);

it("have the time spent in each phase, whatever its steps were", () => {
  const steps = [...STEPS, step("collecting", 70, 72), step("making_report", 72, 73)];
  expect(shown(steps, "finished", 999)).toEqual([
    ["Queued", 3, false],
    ["Preparing", 7, false],
    ["Running", 60, false],
    ["Collecting results", 3, false],
  ]);
});

it("count waiting for a busy cluster like waiting for a new one", () => {
  expect(shown([step("waiting_for_cluster", 0, 3), step("waiting_in_queue", 3, null)], "queued", 20)).toEqual([["Queued", 20, true]]);
});

it("continue in the current phase", () => {
  expect(shown([...STEPS.slice(0, 2), step("copying_files", 4, null)], "preparing", 14)).toEqual([
    ["Queued", 3, false],
    ["Preparing", 11, true],
  ]);
  expect(shown([...STEPS, step("stopping", 70, null)], "running", 75).slice(-2)).toEqual([
    ["Running", 60, false],
    ["Stopping", 5, true],
  ]);
});

it("are empty if no step has a code", () => {
  expect(shown([step("", 0, 1)], "finished", 2)).toEqual([]);
  expect(shown([], "running", 2)).toEqual([]);
});
