import { expect, it } from "vitest";
import { toCsv } from "./csv";

it("quotes only what needs it and leaves a missing number empty", () => {
  expect(
    toCsv(
      ["label", "p95_ms"],
      [
        ["GET /a, b", 12.5],
        ['say "hi"', null],
        ["two\nlines", 0],
      ],
    ),
  ).toBe('label,p95_ms\r\n"GET /a, b",12.5\r\n"say ""hi""",\r\n"two\nlines",0\r\n');
});

it("prevents a label from becoming a spreadsheet formula", () => {
  expect(toCsv(["label", "change"], [["=cmd()", -3]])).toBe("label,change\r\n'=cmd(),-3\r\n");
});
