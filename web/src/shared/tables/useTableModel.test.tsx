import type { ColumnSort } from "@tanstack/react-table";
import { act, renderHook } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";
import type { Column } from "./tableRows";
import { useTableModel, type ModelProps } from "./useTableModel";

interface Row {
  label: string;
  p95: number | null;
}

const ROWS: Row[] = [
  { label: "GET /cart 10", p95: 12 },
  { label: "GET /cart 9", p95: null },
  { label: "POST /order", p95: 900 },
];

function columnsWith(kind: (row: Row) => string): Column<Row>[] {
  return [
    { id: "label", name: "Label", cell: (row) => row.label, value: (row) => row.label },
    { id: "p95", name: "p95", cell: (row) => row.p95, value: (row) => row.p95, numeric: true },
    { id: "kind", name: "Kind", cell: kind, value: kind, optional: true },
    { id: "actions", name: "", cell: () => null, value: () => null },
  ];
}
const COLUMNS = columnsWith(() => "sample");

let sorts: (ColumnSort | null)[] = [];
beforeEach(() => {
  localStorage.clear();
  sorts = [];
});

function model(more: Partial<ModelProps<Row>> = {}) {
  const initialProps: ModelProps<Row> = { name: "labels", columns: COLUMNS, rows: ROWS, rowKey: (row) => row.label, filter: "", sort: null, onSort: (sort) => sorts.push(sort), ...more };
  const { result, rerender } = renderHook((props: ModelProps<Row>) => useTableModel(props, 1440), { initialProps });
  return {
    rerender: (changed: Partial<ModelProps<Row>>) => rerender({ ...initialProps, ...changed }),
    table: () => result.current.table,
    labels: () => result.current.table.getRowModel().rows.map(({ original }) => original.label),
  };
}

it("keeps rows without a value last in both directions", () => {
  expect(model({ sort: { id: "p95", desc: true } }).labels()).toEqual(["POST /order", "GET /cart 10", "GET /cart 9"]);
  expect(model({ sort: { id: "p95", desc: false } }).labels()).toEqual(["GET /cart 10", "POST /order", "GET /cart 9"]);
});

it("puts 9 before 10 in texts, and keeps the order of rows that are equal", () => {
  expect(model({ sort: { id: "label", desc: false } }).labels()).toEqual(["GET /cart 9", "GET /cart 10", "POST /order"]);
  expect(model({ sort: { id: "kind", desc: true } }).labels()).toEqual(ROWS.map(({ label }) => label));
});

it("shows the rows as they are if the column of a link is unknown", () => {
  expect(model({ sort: { id: "gone", desc: true } }).labels()).toEqual(ROWS.map(({ label }) => label));
});

it.each<[string, (ColumnSort | null)[]]>([
  ["p95", [{ id: "p95", desc: true }, { id: "p95", desc: false }, null]],
  ["label", [{ id: "label", desc: false }, { id: "label", desc: true }, null]],
])("sorts by %s in its first direction, the other one, and not at all", (column, cycle) => {
  const { rerender, table } = model();
  for (const expected of cycle) {
    table().getColumn(column)?.toggleSorting();
    expect(sorts.at(-1)).toEqual(expected);
    rerender({ sort: expected });
  }
});

it("finds rows that contain every word in their text columns, also in hidden ones", () => {
  expect(model({ filter: "cart GET" }).labels()).toHaveLength(2);
  expect(model({ filter: " Order  SAMPLE " }).labels()).toEqual(["POST /order"]);
  expect(model({ filter: "  " }).labels()).toHaveLength(3);
  expect(model({ filter: "900" }).labels()).toEqual([]);
});

it("sorts and filters by the new values if only the columns change", () => {
  const { rerender, labels } = model({ filter: "transaction" });
  expect(labels()).toEqual([]);
  const columns = columnsWith(({ label }) => (label === "POST /order" ? "transaction" : "sample"));
  rerender({ filter: "transaction", columns });
  expect(labels()).toEqual(["POST /order"]);
  rerender({ sort: { id: "kind", desc: true }, columns });
  expect(labels()[0]).toBe("POST /order");
  rerender({ sort: { id: "kind", desc: true }, columns: columnsWith(({ label }) => (label === "GET /cart 9" ? "transaction" : "sample")) });
  expect(labels()[0]).toBe("GET /cart 9");
});

it("leaves the order and the selection of rows to the server", () => {
  const { labels, table } = model({ filter: undefined, rows: ROWS.toReversed(), sort: { id: "label", desc: false }, sortable: { label: "name" } });
  expect(labels()).toEqual(["POST /order", "GET /cart 9", "GET /cart 10"]);
  expect(["label", "p95", "actions"].map((column) => table().getColumn(column)?.getCanSort())).toEqual([true, false, false]);
  table().getColumn("label")?.toggleSorting();
  expect(sorts).toEqual([{ id: "label", desc: true }]);
});

it("stores only the columns that the user chose, not those that are hidden by default", () => {
  const { table } = model();
  act(() => table().getColumn("p95")?.toggleVisibility(false));
  act(() => table().setColumnSizing((sizes) => ({ ...sizes, label: 320 })));
  expect(JSON.parse(localStorage.getItem("jac-table.labels") ?? "")).toEqual({ shown: { p95: false }, widths: { label: 320 } });
  expect(
    table()
      .getVisibleLeafColumns()
      .map(({ id }) => id),
  ).toEqual(["label", "actions"]);
});

it.each([
  [1, 48],
  [200, 200],
  [9e9, 1600],
])("shows a column of %d pixels with %d", (px, shown) => {
  localStorage.setItem("jac-table.labels", JSON.stringify({ shown: {}, widths: { label: px } }));
  expect(model().table().getColumn("label")?.getSize()).toBe(shown);
});
