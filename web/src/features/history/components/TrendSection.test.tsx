import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it } from "vitest";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import { trendPointOf } from "@/test/results";
import { TrendSection } from "./TrendSection";

const api = testApi();
const regression = { with: "r-1", change: "worse" as const, worse: ["p95_ms" as const], sentence: "p95 80 -> 120 ms", load_differs: false };
const RUNS = [trendPointOf("r-3", { tags: ["nightly"], compared: regression }), trendPointOf("r-2"), trendPointOf("r-1", { tags: ["nightly"], baseline: true })];
const trend = (items = RUNS, next: string | null = null) => api.answer("GET /plans/p-1/trend", { body: { label: null, baseline: RUNS[2], items, next } });
const show = (path = "/") => renderFor(sessionOf("viewer"), <TrendSection plan="p-1" />, path);
const lastAsked = () => api.asked.filter(({ path }) => path.startsWith("/plans/p-1/trend")).at(-1)?.path;

beforeEach(() => api.answer("GET /plans/p-1/labels", { body: ["Home", "Login"] }));

it("counts the runs and the regressions, and shows them as a table, oldest first", async () => {
  trend();
  show();
  expect(await screen.findByText(/^3 runs, the newest at the right, 1 regression\./)).toBeDefined();
  const [showTable] = screen.getAllByTitle("Show as table");
  if (showTable !== undefined) await userEvent.click(showTable);
  expect(screen.getByRole("columnheader", { name: "Regression" })).toBeDefined();
});

it("requests the selected label, and keeps it in the URL", async () => {
  trend();
  show();
  await userEvent.selectOptions(await screen.findByLabelText("Label"), "Login");
  await waitFor(() => expect(lastAsked()).toBe("/plans/p-1/trend?limit=50&label=Login"));
  expect(window.location.search).toBe("?trend.label=Login");
});

it("keeps its choice, and shows no data of the previous label, if the request of a label fails", async () => {
  trend();
  show();
  await screen.findByText(/^3 runs/);
  api.answer("GET /plans/p-1/trend?limit=50&label=Login", { status: 503, body: fault("overloaded") });
  await userEvent.selectOptions(await screen.findByLabelText("Label"), "Login");
  expect((await screen.findByRole("alert")).textContent).toContain("overloaded");
  expect(screen.queryByText(/^3 runs/)).toBeNull();
  await userEvent.selectOptions(screen.getByLabelText("Label"), "Total");
  expect(await screen.findByText(/^3 runs/)).toBeDefined();
});

it("shows only the runs with a tag", async () => {
  trend();
  show("/?trend.tag=nightly");
  expect(await screen.findByText(/^2 runs/)).toBeDefined();
});

it("loads older runs by the cursor", async () => {
  trend(RUNS, "17_r-1");
  show();
  const more = await screen.findByRole("button", { name: "Load older runs" });
  trend([trendPointOf("r-0")]);
  await userEvent.click(more);
  expect(await screen.findByText(/^4 runs/)).toBeDefined();
  expect(lastAsked()).toBe("/plans/p-1/trend?limit=50&before=17_r-1");
});

it("is not shown for a single run", async () => {
  trend([trendPointOf("r-1")]);
  show();
  await waitFor(() => expect(lastAsked()).toBeDefined());
  await waitFor(() => expect(screen.queryByRole("region", { name: "Trend" })).toBeNull());
});

it("reports that older runs could not be loaded, and keeps the others", async () => {
  trend(RUNS, "17_r-1");
  show();
  const more = await screen.findByRole("button", { name: "Load older runs" });
  api.answer("GET /plans/p-1/trend", { status: 500, body: fault("internal") });
  await userEvent.click(more);
  expect((await screen.findByRole("alert")).textContent).toContain("Refused with internal");
  expect(screen.getByText(/^3 runs/)).toBeDefined();
});
