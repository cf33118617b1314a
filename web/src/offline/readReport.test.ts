import { expect, it } from "vitest";
import { readText } from "./readReport";

it("distinguishes a comparison from a report", () => {
  expect(readText('{"version":1,"comparisons":[]}')).toHaveProperty("comparison");
  expect(readText('{"version":1,"summary":{}}')).toHaveProperty("report");
});

it.each([
  ["null", /empty/],
  ['{"version":2}', /version 2/],
  ['{"version":1,', /truncated/],
])("reports the error of %s", (text, words) => {
  const reading = readText(text);
  expect("fault" in reading ? reading.fault : "").toMatch(words);
});
