import { cleanup, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it } from "vitest";
import type { CriterionResult, Entry, Report, Run } from "@/shared/api/types";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import { entryOf, pointAt, profileOf, reportOf, runOf, summaryOf } from "@/test/results";
import { useSampleSearch } from "../samples/useSampleSearch";
import { useAnnotating } from "../useAnnotating";
import { FinishedBody } from "./FinishedBody";

const api = testApi();
const START = new Date(2026, 10, 23, 12).getTime();
const END = START + 9_999;
const RUN = runOf({ id: "r-1", name: "peak", started_ms: START, ended_ms: END });
const POINTS = [2, 6, 10, 10, 10, 10, 10, 10, 10, 8].map((active_users, second) => pointAt(START + second * 1000, { active_users }));
const judged = (met: boolean, actual: number): CriterionResult => ({
  expression: "p95 > 800ms",
  met,
  code: met ? "met" : "not_met",
  sentence: "",
  detail: { metric: "p95_ms", label: null, operator: ">", limit: 800, actual, unit: "ms" },
});

function report(labels: Entry[], result: CriterionResult, interval: Report["interval"] = null): Report {
  const summary = summaryOf(labels, { p95_ms: result.detail?.actual ?? null }, { start_ms: START, end_ms: END });
  return reportOf({
    summary,
    interval,
    series: { bucket_ms: 1000, points: POINTS, labels: [], codes: [], started: [] },
    criteria: [result],
    profiles: { percents: [], total: profileOf(), labels: [] },
  });
}

const WHOLE = report([entryOf("Login", { samples: 600 }), entryOf("Search", { samples: 400 })], judged(false, 900));
const part = (from: number, to: number) => `GET /runs/r-1/report?from_ms=${from}&to_ms=${to}`;
const figure = (name: string) => screen.getByText(name, { selector: "dt" }).parentElement?.querySelector("dd")?.textContent;
const criterion = () => within(screen.getByRole("region", { name: "Criteria" })).getByRole("listitem").textContent;

function Body({ run }: { run: Run }) {
  return <FinishedBody run={run} live={null} annotating={useAnnotating(run, START)} samples={useSampleSearch(run)} />;
}
const show = async (path = "/") => {
  renderFor(sessionOf("member"), <Body run={RUN} />, path);
  await screen.findByText("Duration", { selector: "dt" });
};

beforeEach(() => {
  api.answer("GET /runs", { body: { items: [], next: null } });
  api.answer("GET /runs/r-1/report", { body: WHOLE });
});

it("shows figures, table and criteria of the time range in the link", async () => {
  const [from, to] = [START + 2000, START + 5000];
  api.answer(part(from, to), { body: report([entryOf("Search", { samples: 30 })], judged(true, 120), { from_ms: from, to_ms: to }) });
  await show(`/?zoom=${from}-${to}`);
  expect((await screen.findByText(/of the run$/)).textContent).toBe("12:00:02–12:00:05 of the run");
  expect([figure("Samples"), figure("p95")]).toEqual(["30", "120ms"]);
  expect(criterion()).toContain("120");
  expect(screen.queryByRole("row", { name: /^Login/ })).toBeNull();
  expect(screen.queryByText("whole run")).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Show the whole run" }));
  await waitFor(() => expect(figure("Samples")).toBe("1,000"));
  expect(window.location.search).toBe("");
  expect(criterion()).toContain("900");
});

it("excludes the ramp-up with one click, and shows the time range", async () => {
  api.answer(part(START + 2000, END + 1), { body: report([entryOf("Login", { samples: 800 })], judged(true, 500), { from_ms: START + 2000, to_ms: END + 1 }) });
  await show();
  const cut = screen.getByRole("button", { name: "Exclude ramp-up" });
  expect(cut.title).toContain("12:00:02");
  expect(cut.title).toContain("10 users");
  await userEvent.click(cut);
  await waitFor(() => expect(figure("Samples")).toBe("800"));
  expect(screen.queryByRole("button", { name: "Exclude ramp-up" })).toBeNull();
});

it("shows no figures if nothing ended, and nothing that looks good", async () => {
  const [from, to] = [START + 2000, START + 2001];
  const none = { ...judged(false, 0), code: "value_missing" as const, detail: null, sentence: "No samples ended in the selected time range." };
  const empty = report([], none, { from_ms: from, to_ms: to });
  empty.summary.total = entryOf("Total", { samples: 0, error_percent: null, p95_ms: null, p99_ms: null, mean_ms: null, median_ms: null, max_ms: null, throughput_per_s: null });
  api.answer(part(from, to), { body: empty });
  await show(`/?zoom=${from}-${to}`);
  await screen.findByText("No samples ended in the selected time range.", { selector: ".note *, .note" });
  expect([figure("Samples"), figure("p95"), figure("Error rate"), figure("Throughput")]).toEqual(["0", "–", "–", "–"]);
  expect(document.querySelector(".chip-good")).toBeNull();
});

it("keeps the whole run's figures, marked as such, if the time range cannot be loaded", async () => {
  api.answer(part(1, 2), { status: 400, body: fault("interval_outside") });
  await show("/?zoom=1-2");
  expect((await screen.findByRole("alert")).textContent).toContain("interval_outside");
  expect(figure("Samples")).toBe("1,000");
  expect(screen.getAllByText("whole run").length).toBeGreaterThan(0);
});

it("shows percentiles of several labels together, counted from the log", async () => {
  api.answer("GET /runs/r-1/labels-together", { body: entryOf("", { samples: 1000, p95_ms: 321 }) });
  await show("/?label=Login&label=Search");
  await waitFor(() => expect(figure("p95")).toBe("321ms"));
  expect(figure("Samples")).toBe("1,000");
  expect(api.asked.some(({ path }) => path === `/runs/r-1/labels-together?labels=${encodeURIComponent(JSON.stringify(["Login", "Search"]))}`)).toBe(true);
});

it("never shows a figure of the time range as the whole run's, and reports what could not be counted", async () => {
  api.answer(part(1, 2), { status: 400, body: fault("interval_outside") });
  api.answer("GET /runs/r-1/labels-together", { body: entryOf("", { samples: 7, p95_ms: 321 }) });
  await show("/?zoom=1-2&label=Login&label=Search");
  await screen.findAllByRole("alert");
  expect([figure("Samples"), figure("p95")]).toEqual(["1,000", "–"]);
  expect(screen.getAllByText("all labels").length).toBeGreaterThan(1);
});

it("reports that several labels could not be counted together", async () => {
  api.answer("GET /runs/r-1/labels-together", { status: 503, body: fault("overloaded") });
  await show("/?label=Login&label=Search");
  await waitFor(() => expect(screen.getAllByRole("alert").map((each) => each.textContent)).toContainEqual(expect.stringContaining("overloaded")));
});

it("says that a label’s distribution is not available for a time range with other busiest labels", async () => {
  const [from, to] = [START + 2000, START + 5000];
  api.answer(part(from, to), { body: report([entryOf("Search", { samples: 30 })], judged(true, 120), { from_ms: from, to_ms: to }) });
  await show(`/?zoom=${from}-${to}&label=Search`);
  await screen.findByText(/of the run$/);
  expect((await screen.findAllByText("Not available for this label in the selected time range.")).length).toBeGreaterThan(0);
});

it("shows load generators by their nodes' names, and links to charts of nodes only if any was observed", async () => {
  const hosts = [{ host: "10.0.0.5:41000", samples: 1000, errors: 0 }];
  api.answer("GET /runs/r-1/report", { body: { ...WHOLE, hosts } });
  await show();
  const generators = () => within(screen.getByRole("region", { name: "Load generators" }));
  const index = within(screen.getByRole("navigation", { name: "Sections of this page" }));
  expect(generators().getByText("10.0.0.5:41000")).toBeDefined();
  await waitFor(() => expect(api.asked.some(({ path }) => path === "/runs/r-1/node-series")).toBe(true));
  expect(index.queryByRole("button", { name: "Nodes" })).toBeNull();
  cleanup();

  const look = { at_ms: START, cpu_percent: 10, memory_used_mb: 1, heap_used_mb: null, received_per_s: 0, sent_per_s: 0, lag_bytes: null, samples_per_s: null };
  api.answer("GET /runs/r-1/node-series", { body: { every_ms: 5000, nodes: [{ name: "worker-1", looks: [look] }] } });
  const nodes = [{ name: "worker-1", ports: [41000] }] as unknown as Run["nodes"];
  renderFor(sessionOf("member"), <Body run={{ ...RUN, nodes }} />);
  expect(await screen.findByRole("button", { name: "Nodes" })).toBeDefined();
  expect(generators().getByText("worker-1").title).toBe("10.0.0.5:41000");
});
