import { expect, it } from "vitest";
import { parseRange, writeRange } from "./timeRange";

it("reads what it wrote", () => {
  expect(parseRange(writeRange([1_700_000_000_000.4, 1_700_000_060_000.2]))).toEqual([1_700_000_000_000, 1_700_000_060_001]);
  expect(parseRange(writeRange([-20, 900]))).toEqual([0, 900]);
});

it.each([null, "", "5", "5-", "9-5", "5-5", "a-b", "1-2-3"])("takes %s for no zoom", (text) => expect(parseRange(text)).toBeNull());
