import { expect, it } from "vitest";
import { logWords, resultsWords, startSkew } from "./spreadWords";

it("shows the path of results and whether the user chose it", () => {
  expect(resultsWords({ results: "rmi", results_choice: "auto", workers: 0 })).toBeNull();
  expect(resultsWords({ results: "rmi", results_choice: "auto", workers: 2 })).toBe("RMI through the master");
  expect(resultsWords({ results: "direct", results_choice: "direct", workers: 2 })).toBe("Direct from the workers");
  expect(resultsWords({ results: "direct", results_choice: "auto", workers: 21 })).toContain("chosen for more than 20 workers");
});

it("shows the difference between the first samples", () => {
  expect(startSkew([{ first_sample_ms: 1_000 }])).toBeNull();
  expect(startSkew([{ first_sample_ms: 1_000 }, { first_sample_ms: null }, { first_sample_ms: 1_120 }])).toBe("120\u00a0ms");
});

it("shows whether a node's log is complete", () => {
  expect(logWords({ first_sample_ms: null, lost_ms: null, log: null })).toEqual([]);
  expect(logWords({ first_sample_ms: null, lost_ms: null, log: { bytes: 1, whole: true } })).toEqual(["log verified"]);
  expect(logWords({ first_sample_ms: null, lost_ms: 0, log: { bytes: 1, whole: false } })[1]).toBe("log incomplete");
});
