import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { MemoryRouter } from "react-router";
import { expect, it } from "vitest";
import { TimelineProvider } from "@/shared/charts/timeline";
import { paintedTexts } from "@/test/canvas";
import { pointAt } from "@/test/results";
import { ResultCharts } from "./ResultCharts";

const START = Date.UTC(2026, 10, 23, 12);
const POINTS = Array.from({ length: 30 }, (_, second) => pointAt(START + second * 1000, { samples: 40, errors: 4 }));

function charts(criteria: string[]) {
  return (
    <MemoryRouter>
      <TimelineProvider originMs={START}>
        <ResultCharts points={POINTS} bucketMs={1000} labels={[]} chosen={[]} slots={new Map()} settledUntilMs={null} lastSampleMs={null} stale={false} criteria={criteria} />
      </TimelineProvider>
    </MemoryRouter>
  );
}

it("shows the axis of errors in percent if % is selected, otherwise in errors per second", async () => {
  render(charts([]));
  await waitFor(() => expect(paintedTexts("errors")).toContain("4/s"));
  await userEvent.click(screen.getByRole("button", { name: "%" }));
  await waitFor(() => expect(paintedTexts("errors")).toContain("10\u00a0%"));
  expect(paintedTexts("errors").filter((text) => text.endsWith("/s"))).toEqual([]);
  await userEvent.click(screen.getByRole("button", { name: "%" }));
  await waitFor(() => expect(paintedTexts("errors")).toContain("4/s"));
});

it("extends the axis for a limit in the selected unit only", async () => {
  render(charts(["error_percent > 20%"]));
  await waitFor(() => expect(paintedTexts("errors")).toContain("4/s"));
  const limit = (text: string) => text.includes("error_percent");
  expect(paintedTexts("errors").filter(limit)).toEqual([]);
  await userEvent.click(screen.getByRole("button", { name: "%" }));
  await waitFor(() => expect(paintedTexts("errors").filter(limit)).toHaveLength(1));
});
