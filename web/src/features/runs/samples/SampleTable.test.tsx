import { expect, it } from "vitest";
import { searchedWords } from "./SampleTable";

it("tells the rows of transactions from the samples that the report counts", () => {
  expect(searchedWords(497, 426)).toBe("497 rows (426 samples, 71 transactions)");
  expect(searchedWords(426, 426)).toBe("426 rows");
  expect(searchedWords(1, null)).toBe("1 row");
});
