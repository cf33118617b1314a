import { expect, it } from "vitest";
import { folded, readFolded, writeFolded } from "./folding";

const rows = (...labels: string[]) => labels.map((label) => ({ label }));
const PARTS = { Buy: ["Add", "Pay"], Pay: ["Card"] };
const shown = (labels: string[], ...closed: string[]) => folded(rows(...labels), PARTS, new Set(closed)).map(({ row, depth }) => `${depth} ${row.label}`);

it("has what is inside a transaction behind it, and hides it with all that is inside that", () => {
  const all = ["Home", "Add", "Card", "Pay", "Buy", "Out"];
  expect(shown(all)).toEqual(["0 Home", "0 Buy", "1 Add", "1 Pay", "2 Card", "0 Out"]);
  expect(shown(all, "Pay")).toEqual(["0 Home", "0 Buy", "1 Add", "1 Pay", "0 Out"]);
  expect(shown(all, "Buy", "Gone")).toEqual(["0 Home", "0 Buy", "0 Out"]);
});

it("leaves a row where it is whose transaction has none", () => {
  expect(shown(["Home", "Add", "Card"], "Buy", "Pay")).toEqual(["0 Home", "0 Add", "0 Card"]);
});

it("loses no row to labels that the table has not", () => {
  const odd = folded(rows("A", "B"), { A: ["B", "C"], D: ["A"] }, new Set());
  expect(odd.map(({ row }) => row.label)).toEqual(["A", "B"]);
});

it("writes labels with any letters into the URL, and reads them back", () => {
  const closed = new Set(["Buy, twice", "100 %", "a&b=c"]);
  expect([...readFolded(writeFolded(closed))]).toEqual([...closed]);
  expect([writeFolded(new Set()), readFolded(null).size, [...readFolded("100%")]]).toEqual([null, 0, ["100%"]]);
});
