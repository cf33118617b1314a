import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { LabelPicker } from "./LabelPicker";

const ALL = Array.from({ length: 500 }, (_, index) => `label ${index}`);
const NAMES = ALL.slice(0, 50);

it("says that only the busiest labels can be drawn, finds the others and shows why they cannot be selected", async () => {
  const choice = { chosen: ["label 7"], offered: new Set(NAMES), slots: new Map<string, number>(), onToggle: () => undefined, onClear: () => undefined };
  render(<LabelPicker labels={choice} names={NAMES} all={ALL} />);
  await userEvent.click(screen.getByRole("button", { name: /^Labels on the charts/ }));
  expect(screen.getByText(/50 busiest of 500 labels/)).toBeDefined();
  await userEvent.type(screen.getByRole("searchbox"), "label 499");
  const boxes = screen.getAllByRole<HTMLInputElement>("checkbox");
  expect(boxes.map((box) => [box.parentElement?.textContent, box.disabled])).toEqual([
    ["Total", false],
    ["label 7", false],
    ["label 499", true],
  ]);
});
