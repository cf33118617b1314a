import { expect, it } from "vitest";
import { columnVisibility, type Column } from "./tableRows";

const columns: Column<string>[] = [
  { id: "label", name: "Label", cell: (row) => row, value: (row) => row, main: true },
  { id: "owner", name: "Owner", cell: () => "", value: () => "", spareBelow: 1200 },
  { id: "url", name: "URL", cell: () => "", value: () => "", optional: true },
];
const visible = (chosen: Record<string, boolean>, width: number) =>
  Object.entries(columnVisibility(columns, chosen, width))
    .filter(([, shown]) => shown)
    .map(([id]) => id);

it("hides columns that are optional, and in narrow windows those that can be spared", () => {
  expect(visible({}, 1440)).toEqual(["label", "owner"]);
  expect(visible({}, 1199)).toEqual(["label"]);
});

it("shows and hides columns as the user chose, whatever the window", () => {
  expect(visible({ owner: true, url: true }, 400)).toEqual(["label", "owner", "url"]);
  expect(visible({ owner: false }, 1440)).toEqual(["label"]);
});
