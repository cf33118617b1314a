import { expect, it } from "vitest";
import { foundWords } from "./foundWords";

it("distinguishes the rows of transactions from the samples that the report counts", () => {
  const found = { matched: 3, searched: 426, matched_transactions: 0, searched_transactions: 0 };
  expect(foundWords(found)).toBe("3 of 426 samples match");
  expect(foundWords({ ...found, matched_transactions: 2, searched_transactions: 71 })).toBe("3 of 426 samples and 2 of 71 transactions match");
});
