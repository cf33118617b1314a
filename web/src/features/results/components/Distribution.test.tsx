import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { profileOf } from "@/test/results";
import { Distribution } from "./Distribution";

const HUMPS = [
  { from_ms: 0, to_ms: 10, samples: 40, errors: 0 },
  { from_ms: 190, to_ms: 200, samples: 30, errors: 5 },
];

it("draws the empty bins between two peaks, and lists them", async () => {
  render(<Distribution shown={[{ key: "total", name: "Total", colour: "#000000", percents: [], profile: profileOf({ distribution: HUMPS }) }]} />);
  const bars = [...document.querySelectorAll<HTMLElement>(".histogram-column")];
  expect(bars).toHaveLength(20);
  expect(bars.filter((bar) => bar.title.includes(": 0 samples"))).toHaveLength(18);
  expect(screen.getByText("100 ms")).toBeDefined();
  await userEvent.click(screen.getByTitle("Show as table"));
  expect(screen.getAllByRole("row")).toHaveLength(21);
});
