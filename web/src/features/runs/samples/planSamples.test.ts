import { expect, it } from "vitest";
import { planSamplesOf, sampleOf, searchedRunOf } from "@/test/results";
import { joined, planFoundWords, unsearched } from "./planSamples";

const newer = planSamplesOf({
  matched: 2,
  searched: 300,
  runs: [searchedRunOf("r-2", { matched: 2 })],
  samples: [sampleOf("r-2", { position: 10, elapsed_ms: 200 }), sampleOf("r-2", { position: 20, elapsed_ms: 900, kind: "transaction" })],
  next: "r-2",
});
const older = planSamplesOf({
  matched: 1,
  searched: 100,
  runs: [searchedRunOf("r-1", { matched: 1 }), searchedRunOf("r-0", { source: null, fault: { code: "not_found", message: "There is no log." } })],
  samples: [sampleOf("r-1", { elapsed_ms: 300 }), sampleOf("r-1", { elapsed_ms: null })],
});
const order = (keep: "first" | "slowest", limit: number) => joined([newer, older], keep, limit).samples.map(({ run, elapsed_ms }) => `${run} ${elapsed_ms}`);

it("puts older runs after newer ones, and the slowest of all first", () => {
  expect(order("first", 2)).toEqual(["r-2 200", "r-2 900", "r-1 300", "r-1 null"]);
  expect(order("slowest", 3)).toEqual(["r-1 300", "r-2 200", "r-1 null"]);
  expect(order("slowest", 10)).toEqual(["r-1 300", "r-2 200", "r-1 null", "r-2 900"]);
});

it("adds up what was searched, and lists the runs that were not", () => {
  const all = joined([newer, older], "first", 2);
  expect([all.matched, all.searched, all.next]).toEqual([3, 400, null]);
  expect(planFoundWords(all, "first")).toBe("3 of 400 samples match in 2 runs");
  expect(planFoundWords(joined([newer], "slowest", 1), "slowest")).toBe("2 of 300 samples match in 1 run; showing the slowest 1");
  expect(unsearched(all.runs)).toEqual([{ id: "r-0", name: "run r-0", message: "There is no log." }]);
});
