import { describe, expect, it } from "vitest";
import { isolatedRows, pick, splitFilling, timeColumns } from "./chartData";

describe("gaps", () => {
  it("add an empty row after a point whose next bucket is missing", () => {
    const columns = timeColumns([1000, 2000, 5000], 1000, null);
    expect(columns.x).toEqual([1, 2, 3, 5]);
    expect(pick([10, 20, 50], columns)).toEqual([10, 20, null, 50]);
  });
  it("are not added between adjacent buckets", () => {
    expect(timeColumns([1000, 2000, 3000], 1000, null).source).toEqual([0, 1, 2]);
  });
  it("leave isolated values, which are found", () => {
    expect(isolatedRows([1, null, 2, 3, null, 4])).toEqual([0, 5]);
  });
});

describe("incomplete buckets", () => {
  it("start at the first bucket that ends after the settled time", () => {
    expect(timeColumns([1000, 2000, 3000], 1000, 3000).fillingFrom).toBe(2);
    expect(timeColumns([1000, 2000, 3000], 1000, null).fillingFrom).toBe(3);
  });
  it("never draw two bars for one bucket", () => {
    expect(splitFilling([1, 2, 3], 2, "apart")).toEqual([
      [1, 2, null],
      [null, null, 3],
    ]);
  });
  it("share the row with the settled part where they meet", () => {
    expect(splitFilling([1, 2, 3, 4], 2, "share")).toEqual([
      [1, 2, null, null],
      [null, 2, 3, 4],
    ]);
    expect(splitFilling([1, 2], 2, "share")).toEqual([
      [1, 2],
      [null, null],
    ]);
  });
});
