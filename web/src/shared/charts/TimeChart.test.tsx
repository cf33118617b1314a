import { act, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { BrowserRouter } from "react-router";
import { beforeEach, expect, it } from "vitest";
import { formatMs } from "@/shared/format/numbers";
import { zoneName } from "@/shared/format/time";
import { paintedTexts } from "@/test/canvas";
import { scrollAway, scrollBack } from "@/test/sight";
import type { ChartContent } from "./chartTypes";
import { TimeChart } from "./TimeChart";
import { TimelineBar } from "./TimelineBar";
import { TimelineProvider } from "./timeline";

/** Noon in the viewer's zone. */
const START = new Date(2026, 10, 23, 12).getTime();
const TIMES = Array.from({ length: 30 }, (_, second) => START + second * 1000);

function contentOf(more: Partial<ChartContent> = {}): ChartContent {
  return {
    times: TIMES,
    bucketMs: 1000,
    settledUntilMs: null,
    lines: [
      { key: "p50", label: "p50", values: TIMES.map(() => 90), colour: "#000", kind: "line" },
      { key: "p95", label: "p95", values: TIMES.map((_, at) => (at === 3 ? null : 400)), colour: "#111", kind: "line" },
    ],
    thresholds: [],
    ...more,
  };
}

function show(content: ChartContent, more: { stale?: boolean; logarithmic?: "offered" } = {}) {
  return render(
    <BrowserRouter>
      <TimelineProvider originMs={START}>
        <TimelineBar live={false} />
        <TimeChart id="times" title="Response time" unit="percentiles per interval" format={formatMs} content={content} {...more} />
      </TimelineProvider>
    </BrowserRouter>,
  );
}

const card = () => within(screen.getByRole("region", { name: "Response time, percentiles per interval" }));
const legend = () => card().getAllByRole("button", { pressed: true });

beforeEach(() => window.history.replaceState(null, "", "/"));

it("shows the unit on its axis, and the viewer's time below it", async () => {
  show(contentOf());
  await waitFor(() => expect(paintedTexts("times")).toContain("400\u00a0ms"));
  const texts = paintedTexts("times");
  expect(texts).toContain("0\u00a0ms");
  expect(texts.filter((text) => /^\d\d:\d\d:\d\d$/.test(text))[0]).toBe("12:00:00");
  // The zone is shown next to it.
  expect(screen.getByRole("button", { name: `Clock, ${zoneName(START)}`, pressed: true })).toBeDefined();
});

it("is zoomed by two time fields, which report an invalid time", async () => {
  show(contentOf());
  await userEvent.click(screen.getByRole("button", { name: "Zoom to a time range" }));
  const field = (name: RegExp) => screen.getByRole<HTMLInputElement>("textbox", { name });
  expect(field(/^From/).value).toBe("12:00:00");
  await userEvent.clear(field(/^From/));
  await userEvent.type(field(/^From/), "12:00:05");
  await userEvent.type(field(/^To/), "12:00:01{Enter}");
  expect([field(/^From/), field(/^To/)].map((each) => each.getAttribute("aria-invalid"))).toEqual(["false", "true"]);
  expect(window.location.search).toBe("");
  await userEvent.clear(field(/^To/));
  await userEvent.type(field(/^To/), "12:00:10{Enter}");
  expect(window.location.search).toBe(`?zoom=${START + 5000}-${START + 10_000}`);
  expect(screen.getByRole("button", { name: /^Reset zoom/ }).textContent).toContain("12:00:05–12:00:10");
  expect(screen.queryByRole("textbox")).toBeNull();
});

it("is painted when it is scrolled into view, with the data that arrived meanwhile", async () => {
  const page = (p95: number) => (
    <BrowserRouter>
      <TimelineProvider originMs={START}>
        <TimeChart
          id="times"
          title="Response time"
          unit="ms"
          format={formatMs}
          content={contentOf({ lines: [{ key: "p95", label: "p95", values: TIMES.map(() => p95), colour: "#111", kind: "line" }] })}
        />
      </TimelineProvider>
    </BrowserRouter>
  );
  const { rerender } = render(page(400));
  await waitFor(() => expect(paintedTexts("times")).toContain("400\u00a0ms"));
  act(scrollAway);
  rerender(page(900));
  expect(paintedTexts("times")).not.toContain("800\u00a0ms");
  act(scrollBack);
  await waitFor(() => expect(paintedTexts("times")).toContain("800\u00a0ms"));
});

it("shows the time since the start if elapsed time is selected", async () => {
  show(contentOf());
  await userEvent.click(screen.getByRole("button", { name: "Elapsed" }));
  await waitFor(() => expect(paintedTexts("times")).toContain("0:10"));
  expect(paintedTexts("times").filter((text) => /^\d\d:\d\d:\d\d$/.test(text))).toEqual([]);
});

it("names each line in its legend, and hides one on a click", async () => {
  show(contentOf());
  expect(legend().map((line) => line.textContent)).toEqual(expect.arrayContaining(["p50", "p95"]));
  await userEvent.click(card().getByRole("button", { name: "p95" }));
  expect(card().getByRole("button", { name: "p95" }).getAttribute("aria-pressed")).toBe("false");
  // The axis fits the remaining lines.
  await waitFor(() => expect(paintedTexts("times")).not.toContain("400\u00a0ms"));
});

it("shows the newest settled values in the legend while the test runs, and a dash for a gap", () => {
  const { unmount } = show(contentOf({ settledUntilMs: START + 6000 }));
  expect(card().getByRole("button", { name: /^p95/ }).textContent).toBe("p95400\u00a0ms");
  unmount();
  show(contentOf({ settledUntilMs: START + 4000 }));
  expect(card().getByRole("button", { name: /^p95/ }).textContent).toBe("p95–");
  expect(card().getByRole("button", { name: /^p50/ }).textContent).toBe("p5090\u00a0ms");
});

it("labels a threshold on the canvas and extends the axis for it", async () => {
  show(contentOf({ thresholds: [{ value: 800, label: "p95 > 800 ms" }] }));
  await waitFor(() => expect(paintedTexts("times").some((text) => text.includes("p95 > 800 ms"))).toBe(true));
  expect(paintedTexts("times")).toContain("800\u00a0ms");
});

it("shows a message if there is nothing to draw, and only then", () => {
  const { unmount } = show(contentOf({ times: [], lines: [] }));
  expect(card().getByText("No samples yet.")).toBeDefined();
  unmount();
  show(contentOf());
  expect(card().queryByText("No samples yet.")).toBeNull();
});

it("is greyed while the connection is lost", () => {
  const { unmount } = show(contentOf(), { stale: true });
  expect(screen.getByRole("region", { name: /^Response time/ }).classList.contains("chart-stale")).toBe(true);
  unmount();
  show(contentOf(), { stale: false });
  expect(screen.getByRole("region", { name: /^Response time/ }).classList.contains("chart-stale")).toBe(false);
});

it("draws a line with its text for each annotation, truncated if it is long", async () => {
  const moments = [
    { at_ms: START + 5000, text: "Deployed 2.4" },
    { at_ms: START + 20_000, text: "The cache of the second shop was flushed" },
    { at_ms: START + 900_000, text: "Long after" },
  ];
  render(
    <BrowserRouter>
      <TimelineProvider originMs={START} moments={moments}>
        <TimeChart id="times" title="Response time" unit="percentiles per interval" format={formatMs} content={contentOf()} />
      </TimelineProvider>
    </BrowserRouter>,
  );
  await waitFor(() => expect(paintedTexts("times")).toContain("Deployed 2.4"));
  expect(paintedTexts("times")).toContain("The cache of the second…");
  expect(paintedTexts("times")).not.toContain("Long after");
});

it("has a logarithmic axis only if one is offered", async () => {
  const { unmount } = show(contentOf());
  expect(card().queryByRole("button", { name: "log" })).toBeNull();
  unmount();
  show(contentOf(), { logarithmic: "offered" });
  await userEvent.click(card().getByRole("button", { name: "log" }));
  expect(card().getByRole("button", { name: "log" }).getAttribute("aria-pressed")).toBe("true");
  await waitFor(() => expect(paintedTexts("times")).not.toContain("0\u00a0ms"));
});

it("is also a table, with the same units, in a focusable region", async () => {
  show(contentOf());
  await userEvent.click(card().getByRole("button", { name: "Show as table" }));
  const values = within(screen.getByRole("region", { name: "Response time: values" }));
  expect(values.getAllByRole("columnheader").map((head) => head.textContent)).toEqual(["Time", "p50", "p95"]);
  expect(screen.getByRole("region", { name: "Response time: values" }).tabIndex).toBe(0);
});
