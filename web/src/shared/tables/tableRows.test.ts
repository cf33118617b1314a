import { describe, expect, it } from "vitest";
import { filterRows, nextSort, shownColumns, sortRows, type Column } from "./tableRows";

interface Row {
  label: string;
  p95: number | null;
}

const columns: Column<Row>[] = [
  { id: "label", name: "Label", cell: (row) => row.label, value: (row) => row.label },
  { id: "p95", name: "p95", cell: (row) => row.p95, value: (row) => row.p95, numeric: true },
];
const rows: Row[] = [
  { label: "GET /cart 10", p95: 12 },
  { label: "GET /cart 9", p95: null },
  { label: "POST /order", p95: 900 },
];

describe("sorting", () => {
  it("keeps rows without a value last in both directions", () => {
    expect(sortRows(rows, columns, { column: "p95", down: true }).map((row) => row.p95)).toEqual([900, 12, null]);
    expect(sortRows(rows, columns, { column: "p95", down: false }).map((row) => row.p95)).toEqual([12, 900, null]);
  });
  it("puts 9 before 10 in texts", () => {
    expect(sortRows(rows, columns, { column: "label", down: false })[0]?.label).toBe("GET /cart 9");
  });
  it("cycles through descending, ascending, none for numbers", () => {
    const [, p95] = columns;
    if (p95 === undefined) throw new Error("no column");
    const first = nextSort(p95, null);
    expect(first).toEqual({ column: "p95", down: true });
    expect(nextSort(p95, first)).toEqual({ column: "p95", down: false });
    expect(nextSort(p95, { column: "p95", down: false })).toBeNull();
  });
});

it("finds rows that contain every word", () => {
  expect(filterRows(rows, columns, "cart GET")).toHaveLength(2);
  expect(filterRows(rows, columns, "  ")).toHaveLength(3);
  expect(filterRows(rows, columns, "nowhere")).toHaveLength(0);
});

describe("columns", () => {
  const wide: Column<Row>[] = [
    { id: "label", name: "Label", cell: (row) => row.label, value: (row) => row.label, main: true },
    { id: "owner", name: "Owner", cell: () => "", value: () => "", spareBelow: 1200 },
    { id: "url", name: "URL", cell: () => "", value: () => "", optional: true },
  ];
  const ids = (chosen: [string, boolean][], width: number) => shownColumns(wide, new Map(chosen), width).map(({ id }) => id);

  it("are hidden if the window is narrow or they are optional", () => {
    expect(ids([], 1440)).toEqual(["label", "owner"]);
    expect(ids([], 1199)).toEqual(["label"]);
  });
  it("are shown or hidden as the user chose, whatever the window", () => {
    expect(
      ids(
        [
          ["owner", true],
          ["url", true],
        ],
        400,
      ),
    ).toEqual(["label", "owner", "url"]);
    expect(ids([["owner", false]], 1440)).toEqual(["label"]);
  });
});
