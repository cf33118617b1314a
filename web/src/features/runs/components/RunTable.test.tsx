import { render, screen, within } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { expect, it } from "vitest";
import { finalFigures } from "@/features/results/finalFigures";
import { entryOf, runOf, summaryOf } from "@/test/results";
import { RunTable } from "./RunTable";

const headline = { samples: 600, errors: 0, error_percent: 0, rate_per_s: 10, p95_ms: 100, active_users: null };

it("shows a run whose samples all failed as that, not as completed", () => {
  const failing = runOf({ id: "r-1", name: "down", headline: { ...headline, errors: 600, error_percent: 100 } });
  render(<RunTable runs={[failing, runOf({ id: "r-2", name: "fine", headline })]} title="Runs" empty="" />, { wrapper: MemoryRouter });
  const row = (name: string) => within(screen.getByRole("row", { name: new RegExp(name) }));
  expect(row("down").getByText("all samples failed").className).toContain("chip-attention");
  expect(row("down").queryByText("completed")).toBeNull();
  expect(row("fine").getByText("completed").className).toContain("chip-good");
});

it("gives a run the duration that its report has: from the first sample to the last", () => {
  // JMeter itself was up for 70 s; its samples span 60 s.
  const run = runOf({ id: "r-2", name: "fine", headline, started_ms: 0, ended_ms: 70_000 });
  render(<RunTable runs={[run]} title="Runs" empty="" />, { wrapper: MemoryRouter });
  expect(screen.getByText("1 min")).toBeDefined();
  const figure = finalFigures(summaryOf([entryOf("a", { samples: 600 })], { throughput_per_s: 10 }), [], 1000).find((each) => each.key === "duration");
  expect(figure?.value).toEqual(["1:00", ""]);
});
