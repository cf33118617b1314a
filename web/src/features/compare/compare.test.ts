import { describe, expect, it } from "vitest";
import type { Change, ChangedMetric, Comparison, LineComparison } from "@/shared/api/types";
import { formatPercent, splitMs, splitRate } from "@/shared/format/numbers";
import { beforeAfter, changePercent, formatChange, formatPoints } from "@/shared/format/change";
import { byImportance, countChanges, findingWords, isChanged, lineSentence, outcomeTone } from "./changeWords";
import { readRuns, withBase, writeRuns } from "./chosenRuns";
import { resultNames } from "./resultNames";

function line(label: string, change: Change, metrics: ChangedMetric[] = []): LineComparison {
  const changed = metrics.map((metric) => ({ metric, worse: true, before: 1, after: 2 }));
  return { label, change, changed, sentence: "" } as unknown as LineComparison;
}

describe("a changed number", () => {
  it("has its unit once if both have the same", () => {
    expect(beforeAfter(splitMs, 812, 1020)).toBe("812 → 1,020\u00a0ms");
    expect(beforeAfter(splitMs, 812, 12_000)).toBe("812\u00a0ms → 12.0\u00a0s");
    expect(beforeAfter(splitRate, null, 12)).toBe("– → 12.0/s");
    expect(formatPercent(0)).toBe("0\u00a0%");
  });
  it("writes a change with its sign", () => {
    expect([25.62, -4, 0.01, 2400, null].map(formatChange)).toEqual(["+25.6\u00a0%", "−4.0\u00a0%", "±0\u00a0%", "×25", "–"]);
    expect(changePercent(0, 5)).toBeNull();
    expect(changePercent(200, 150)).toBe(-25);
    expect(formatPoints(0.5, 2)).toBe("+1.50 points");
    expect(formatPoints(1, 1.001)).toBe("±0 points");
  });
});

describe("lines", () => {
  const lines = [line("a", "same"), line("b", "better"), line("c", "worse"), line("d", "same"), line("e", "worse")];
  it("with changes come first", () => expect(byImportance(lines).map((each) => each.label)).toEqual(["c", "e", "b", "a", "d"]));
  it("are counted by result", () =>
    expect(countChanges({ labels: lines } as Comparison)).toEqual([
      { change: "worse", count: 2 },
      { change: "better", count: 1 },
      { change: "same", count: 2 },
    ]));
  it("are good only if nothing makes the two results hard to compare", () => {
    const findings = [{ code: "load_differs", message: "The load differs.", params: {} }];
    expect(outcomeTone({ outcome: "same", findings: [] })).toBe("good");
    expect(outcomeTone({ outcome: "better", findings })).toBe("info");
    expect(outcomeTone({ outcome: "worse", findings })).toBe("failed");
    expect((["mixed", "unclear", "no_common_label", "cannot_be_judged"] as const).map((outcome) => outcomeTone({ outcome, findings: [] }))).toEqual(Array(4).fill("attention"));
  });
  it("give reasons with the page's own number format, and use the server's sentence for reasons without numbers", () => {
    const changed = (metric: ChangedMetric, worse: boolean, before: number, after: number) => ({ metric, worse, before, after });
    const sentence = (change: Change, ...numbers: LineComparison["changed"]) => lineSentence({ change, changed: numbers, sentence: "no significant change" });
    expect(sentence("better", changed("p95_ms", false, 12_000, 1_215))).toBe("p95 12.0\u00a0s → 1,215\u00a0ms (−89.9\u00a0%)");
    expect(sentence("worse", changed("mean_ms", true, 0, 44), changed("error_percent", true, 0, 12.5))).toBe("mean 0 → 44\u00a0ms, error rate 0 → 12.5\u00a0%");
    expect(sentence("mixed", changed("median_ms", false, 200, 100), changed("p95_ms", true, 100, 200))).toBe(
      "worse: p95 100 → 200\u00a0ms (+100\u00a0%); better: median 200 → 100\u00a0ms (−50.0\u00a0%)",
    );
    expect(sentence("same")).toBe("no significant change");
  });
  it("report a different load in the same number format", () => {
    const message = "Throughput differs: 100.0/s before, 10.1/s after (-90 %).";
    expect(findingWords({ code: "load_differs", message, params: { before_per_s: 100, after_per_s: 10.1, percent: -89.9 } })).toBe(
      "Throughput differs: 100/s before, 10.1/s after (−89.9\u00a0%). Response times depend on the load.",
    );
    expect(findingWords({ code: "total_basis_differs", message, params: {} })).toBe(message);
  });
  it("mark the numbers that changed", () => {
    const worse = line("a", "worse", ["mean_ms", "error_percent"]);
    expect((["mean_ms", "median_ms", "p95_ms", "error_percent"] as const).map((metric) => isChanged(worse, metric))).toEqual([true, false, false, true]);
  });
});

describe("runs in the URL", () => {
  it("are at most five, without duplicates", () => {
    expect(readRuns("a, b,,a,c,d,e,f")).toEqual(["a", "b", "c", "d", "e"]);
    expect(readRuns(null)).toEqual([]);
    expect(writeRuns(["a", "b"])).toBe("a,b");
  });
  it("can get another baseline", () => {
    expect(withBase(["a", "b", "c"], "c")).toEqual(["c", "a", "b"]);
    expect(withBase(["a", "b"], "x")).toEqual(["a", "b"]);
  });
});

describe("names of results", () => {
  const at = (name: string, start_ms: number | null) => ({ name, start_ms });
  const noon = new Date(2026, 10, 25, 12, 0, 0).getTime();
  it("are unchanged if they are different", () => expect(resultNames([at("a", noon), at("b", noon)])).toEqual(["a", "b"]));
  it("get their start if they are equal", () => {
    expect(resultNames([at("shop", noon), at("shop", noon + 61_000), at("b", noon)])).toEqual(["shop, 12:00:00", "shop, 12:01:01", "b"]);
    expect(resultNames([at("shop", noon), at("shop", noon + 86_400_000)])).toEqual(["shop, 2026-11-25 12:00", "shop, 2026-11-26 12:00"]);
  });
  it("get a number if the start is equal too", () => expect(resultNames([at("shop", null), at("shop", null)])).toEqual(["shop (1)", "shop (2)"]));
});
