import { expect, it } from "vitest";
import type { RunSummary } from "@/shared/api/types";
import { comparePath, runBefore } from "./runBefore";

function run(id: string, created_ms: number, phase: RunSummary["phase"] = "finished", samples = 5): RunSummary {
  return { id, created_ms, phase, headline: { samples } } as RunSummary;
}

it("finds the newest earlier finished run with samples", () => {
  const now = run("now", 50);
  const others = [run("later", 60), now, run("empty", 45, "finished", 0), run("running", 40, "running"), run("before", 30), run("old", 10)];
  expect(runBefore(now, others)?.id).toBe("before");
  expect(runBefore(run("first", 1), others)).toBeNull();
});

it("puts the earliest run first, as the baseline", () => expect(comparePath([run("b", 20), run("a", 10)])).toBe("/compare?runs=a,b"));
