import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it } from "vitest";
import { BrowserRouter } from "react-router";
import { formatMs } from "@/shared/format/numbers";
import { DataTable } from "./DataTable";
import type { Column } from "./tableRows";

interface Row {
  label: string;
  p95: number | null;
  note?: string;
}

const COLUMNS: Column<Row>[] = [
  { id: "label", name: "Label", main: true, value: (row) => row.label, cell: (row) => row.label },
  { id: "p95", name: "p95", title: "95th percentile of the response time", numeric: true, value: (row) => row.p95, cell: (row) => formatMs(row.p95) },
  { id: "note", name: "Note", optional: true, value: (row) => row.note ?? "", cell: (row) => row.note },
];
const ROWS: Row[] = [
  { label: "Home", p95: 812 },
  { label: "Login", p95: 12_345 },
  { label: "Search", p95: null },
];

function show(more: Partial<Parameters<typeof DataTable<Row>>[0]> = {}) {
  return render(
    <BrowserRouter>
      <DataTable name="labels" title="Labels" columns={COLUMNS} rows={ROWS} rowKey={(row) => row.label} empty="No labels." {...more} />
    </BrowserRouter>,
  );
}

/** The texts of the cells of each row; the header's first. */
const cells = () => screen.getAllByRole("row").map((row) => [...row.querySelectorAll("th,td")].map((cell) => cell.textContent.replace(/[▾▴]/, "")));
const sortOf = (name: string) => screen.getByRole("columnheader", { name }).getAttribute("aria-sort");

beforeEach(() => {
  window.history.replaceState(null, "", "/");
  localStorage.clear();
});

it("shows each value with its unit, a missing one as a dash, and the number of rows", () => {
  show();
  expect(cells()).toEqual([
    ["Label", "p95"],
    ["Home", "812\u00a0ms"],
    ["Login", "12.3\u00a0s"],
    ["Search", "–"],
  ]);
  expect(within(screen.getByRole("region", { name: "Labels" })).getByText("3")).toBeDefined();
});

it("opens a row on a plain click, but not at the end of a text selection or with a modifier key", () => {
  const opened: string[] = [];
  show({ onOpen: (row) => opened.push(row.label) });
  const cell = screen.getByText("Login");
  fireEvent.click(cell, { ctrlKey: true });
  fireEvent.click(cell, { shiftKey: true });
  window.getSelection()?.selectAllChildren(cell);
  fireEvent.click(cell);
  expect(opened).toEqual([]);
  window.getSelection()?.removeAllRanges();
  fireEvent.click(cell);
  expect(opened).toEqual(["Login"]);
});

it("sorts by a column, in the other direction, and not at all; header and address show which", async () => {
  show();
  const click = () => userEvent.click(screen.getByRole("button", { name: /^p95/ }));
  const order = () =>
    cells()
      .slice(1)
      .map(([label]) => label);
  expect(sortOf("p95")).toBe("none");
  await click();
  expect([sortOf("p95"), order(), window.location.search]).toEqual(["descending", ["Login", "Home", "Search"], "?labels.sort=-p95"]);
  await click();
  expect([sortOf("p95"), order(), window.location.search]).toEqual(["ascending", ["Home", "Login", "Search"], "?labels.sort=p95"]);
  expect(sortOf("Label")).toBe("none");
  await click();
  expect([sortOf("p95"), order(), window.location.search]).toEqual(["none", ["Home", "Login", "Search"], ""]);
});

it("shows the rows filtered by the address, and how many of how many", () => {
  window.history.replaceState(null, "", "/?labels.q=o&labels.sort=-label");
  show();
  expect(
    cells()
      .slice(1)
      .map(([label]) => label),
  ).toEqual(["Login", "Home"]);
  expect(screen.getByText("2 of 3")).toBeDefined();
  expect(screen.getByRole<HTMLInputElement>("searchbox", { name: "Filter Labels" }).value).toBe("o");
});

it("formats large numbers of rows like all numbers", () => {
  show({ rows: Array.from({ length: 1234 }, (_, index) => ({ label: `label ${index}`, p95: index })) });
  expect(screen.getByText("1,234")).toBeDefined();
  // Only the visible ones are in the page.
  expect(screen.getAllByRole("row").length).toBeLessThan(100);
});

it("shows a message without rows, and offers no columns then", () => {
  show({ rows: [] });
  expect(screen.queryByRole("table")).toBeNull();
  expect(screen.getByText("No labels.")).toBeDefined();
  expect(screen.queryByRole("button", { name: "Columns of Labels" })).toBeNull();
});

it("shows and hides columns, but never the main one", async () => {
  show();
  await userEvent.click(screen.getByRole("button", { name: "Columns of Labels" }));
  const choices = within(screen.getByRole("dialog", { name: "Columns of Labels" }));
  expect(choices.getAllByRole<HTMLInputElement>("checkbox").map((box) => box.checked)).toEqual([true, false]);
  await userEvent.click(choices.getByRole("checkbox", { name: "p95" }));
  await userEvent.click(choices.getByRole("checkbox", { name: "Note" }));
  expect(screen.getAllByRole("columnheader").map((head) => head.textContent)).toEqual(["Label", "Note"]);
});

it("opens a row by click and by Enter, and moves through the rows with the arrow keys", async () => {
  const opened: string[] = [];
  show({ onOpen: (row) => opened.push(row.label) });
  await userEvent.click(screen.getByRole("row", { name: /^Login/ }));
  screen.getByRole("row", { name: /^Home/ }).focus();
  await userEvent.keyboard("{ArrowDown}{ArrowDown}{ArrowUp}{Enter}");
  expect(opened).toEqual(["Login", "Login"]);
});

it("keeps the total above the rows, whatever the filter and sorting", () => {
  window.history.replaceState(null, "", "/?labels.q=search");
  show({ pinned: { label: "Total", p95: 900 } });
  expect(cells().slice(1)).toEqual([
    ["Total", "900\u00a0ms"],
    ["Search", "–"],
  ]);
});

it("gives each row its number and the total if not all rows are in the page", () => {
  show({ rows: Array.from({ length: 500 }, (_, index) => ({ label: `label ${index}`, p95: index })), pinned: { label: "Total", p95: 900 } });
  expect(screen.getByRole("table").getAttribute("aria-rowcount")).toBe("502");
  // The simulated page has no heights, so only these rows are visible.
  const [head, total] = screen.getAllByRole("row").map((row) => row.getAttribute("aria-rowindex"));
  expect([head, total]).toEqual(["1", "2"]);
});

it("gives no numbers if every row is in the page", () => {
  show();
  expect(screen.getByRole("table").hasAttribute("aria-rowcount")).toBe(false);
});

it("keeps the selected columns and their widths for the next visit, until they are reset", async () => {
  show();
  await userEvent.click(screen.getByRole("button", { name: "Columns of Labels" }));
  await userEvent.click(screen.getByRole("checkbox", { name: "Note" }));
  fireEvent.keyDown(screen.getByRole("button", { name: /^p95/ }), { key: "ArrowRight", shiftKey: true });
  const width = () => screen.getByRole("columnheader", { name: "p95" }).style.width;
  expect(width()).not.toBe("");
  const before = width();
  cleanup();
  show();
  expect(screen.getAllByRole("columnheader").map((head) => head.textContent)).toEqual(["Label", "p95", "Note"]);
  expect(width()).toBe(before);
  await userEvent.click(screen.getByRole("button", { name: "Columns of Labels" }));
  await userEvent.click(screen.getByRole("button", { name: "Reset columns and widths" }));
  expect(screen.getAllByRole("columnheader").map((head) => head.textContent)).toEqual(["Label", "p95"]);
  expect([width(), localStorage.length]).toEqual(["", 0]);
});

it("changes the width of a column by its edge, and a double click resets it", () => {
  show();
  const head = screen.getByRole("columnheader", { name: "Label" });
  const edge = head.querySelector<HTMLElement>(".column-handle");
  if (edge === null) throw new Error("There is no edge to drag.");
  edge.setPointerCapture = () => undefined;
  fireEvent.pointerDown(edge, { button: 0, clientX: 100, pointerId: 1 });
  fireEvent.pointerMove(edge, { clientX: 340, pointerId: 1 });
  fireEvent.pointerUp(edge, { pointerId: 1 });
  fireEvent.pointerMove(edge, { clientX: 900, pointerId: 1 });
  expect(head.style.width).toBe("240px");
  fireEvent.doubleClick(edge);
  expect(head.style.width).toBe("");
});

it("shortens a long name in its middle and has it in full in the title", () => {
  const name = "GET /api/v2/customers/orders/items";
  show({ rows: [{ label: name, p95: 1 }] });
  const cell = screen.getByRole("cell", { name });
  expect(cell.title).toBe(name);
  expect([...cell.querySelectorAll(".middle-cut > [aria-hidden]")].map((part) => part.textContent)).toEqual(["GET /api/v2/customers/orde", "rs/items"]);
});

it("shows on cards all the figures for which a table has no space there, and a long text on its own line", () => {
  const wide = window.innerWidth;
  window.happyDOM.setViewport({ width: 390 });
  const columns: Column<Row>[] = [...COLUMNS, { id: "why", name: "Why", wide: true, spareBelow: 1200, value: () => "Slow.", cell: () => "Slow." }];
  try {
    show({ cards: true, columns });
    const facts = [...(screen.getAllByRole("listitem")[0]?.querySelectorAll("dl > div") ?? [])];
    expect(facts.map((fact) => [fact.querySelector("dt")?.textContent, fact.className])).toEqual([
      ["p95", ""],
      ["Why", "row-card-wide"],
    ]);
    cleanup();
    show({ columns });
    expect(screen.getAllByRole("columnheader").map((head) => head.textContent)).toEqual(["Label", "p95"]);
  } finally {
    window.happyDOM.setViewport({ width: wide });
  }
});

it("shows cards in a narrow window, with a choice of the sorting", async () => {
  const wide = window.innerWidth;
  window.happyDOM.setViewport({ width: 390 });
  try {
    show({ cards: true });
    expect(screen.queryByRole("table")).toBeNull();
    expect(screen.getAllByRole("listitem").map((card) => card.querySelector(".row-card-name")?.textContent)).toEqual(["Home", "Login", "Search"]);
    await userEvent.selectOptions(screen.getByRole("combobox", { name: "Sort Labels" }), "p95");
    expect(screen.getAllByRole("listitem").map((card) => card.querySelector("dd")?.textContent)).toEqual(["12.3\u00a0s", "812\u00a0ms", "–"]);
    await userEvent.click(screen.getByRole("button", { name: "Descending" }));
    expect(window.location.search).toBe("?labels.sort=p95");
  } finally {
    window.happyDOM.setViewport({ width: wide });
  }
});

it("shows the first cards of a long table below the total, and the others on demand", async () => {
  const wide = window.innerWidth;
  window.happyDOM.setViewport({ width: 390 });
  try {
    // A row that has the total's name is another one.
    show({ cards: true, rows: Array.from({ length: 120 }, (_, index) => ({ label: index === 0 ? "Total" : `label ${index}`, p95: index })), pinned: { label: "Total", p95: 900 } });
    const cards = () => screen.getAllByRole("listitem");
    expect([cards().length, cards()[0]?.className, cards()[0]?.querySelector("dd")?.textContent]).toEqual([51, "row-pinned", "900\u00a0ms"]);
    await userEvent.click(screen.getByRole("button", { name: "Show 50 more of 70" }));
    await userEvent.click(screen.getByRole("button", { name: "Show 20 more of 20" }));
    expect(cards()).toHaveLength(121);
    expect(screen.queryByRole("button", { name: /^Show/ })).toBeNull();
  } finally {
    window.happyDOM.setViewport({ width: wide });
  }
});
