import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { keys } from "@/shared/api/keys";
import { closeConnection } from "@/shared/api/connection";
import type { Snapshot } from "@/shared/api/types";
import { ConnectionNote } from "@/shared/ui/ConnectionNote";
import { paintedTexts } from "@/test/canvas";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import { packed } from "@/test/live";
import { entryOf, pointAt, reportOf, runOf, summaryOf } from "@/test/results";
import { scrollBack } from "@/test/sight";
import { RunPage } from "./RunPage";

const api = testApi();
const START = new Date(2026, 10, 23, 12).getTime();
const HEADLINE = { samples: 1200, errors: 18, error_percent: 1.5, rate_per_s: 102.4, p95_ms: 12_345, active_users: 40 };

const RUN = runOf({
  id: "r-1",
  name: "peak",
  owner: { id: "u-1", name: "Ann" },
  phase: "running",
  cause: null,
  started_ms: START,
  ended_ms: null,
  expected_s: 90,
  total_threads: 40,
  headline: HEADLINE,
});

const counts = (samples: number) => Array.from({ length: 30 }, (_, second) => ({ t_ms: START + second * 1000, samples }));
const CODES = {
  reset: true,
  series: [
    { code: "200", points: counts(36) },
    { code: "503", points: counts(4) },
  ],
};

/** What the server pushes: each second a bucket of 40 samples, 4 of which failed. */
function snapshot(seq: number, more: Partial<Snapshot> = {}): Snapshot {
  const points = Array.from({ length: 30 }, (_, second) => pointAt(START + second * 1000, { samples: 40, errors: 4, active_users: 40 }));
  const summary = summaryOf([entryOf("Login", { samples: 1200, errors: 18, error_percent: 1.5 })], { throughput_per_s: 40, median_ms: 90, p99_ms: 190 });
  return { run_id: "r-1", seq, at_ms: START + 32_000, run: RUN, summary, labels: 1, bucket_ms: 1000, reset: true, points, codes: CODES, errors: [], ...more };
}

/** The part of the library's socket that the page uses; it answers a subscription with a snapshot. */
class Wire extends EventEmitter {
  active = true;
  connected = true;
  readonly io = { engine: Object.assign(new EventEmitter(), { transport: { name: "websocket" } }), opts: { transports: [] as string[] } };
  connect(): void {}
  disconnect(): void {}
  timeout() {
    return { emitWithAck: () => Promise.resolve(snapshot(1)) };
  }
}

let wire: Wire;
vi.mock("socket.io-client", () => ({ io: () => (wire = new Wire()) }));

beforeEach(() => {
  api.answer("GET /runs/r-1", { body: RUN });
  api.answer("GET /runs", { body: { items: [], next: null } });
  for (const list of ["artefacts", "search"]) api.answer(`GET /runs/r-1/${list}`, { body: [] });
});
afterEach(() => closeConnection());

const show = async (session = sessionOf("member")) => {
  renderFor(
    session,
    <>
      <ConnectionNote />
      <RunPage id="r-1" />
    </>,
  );
  await screen.findByText("Active users", { selector: "dt" });
};
const figure = (name: string) => [...(screen.getByText(name, { selector: "dt" }).parentElement?.querySelectorAll("dd") ?? [])].map((each) => each.textContent).slice(0, 2);
const push = (sent: Snapshot) => act(() => void wire.emit("snapshot", packed(sent)));
/** Of the page's charts, by name. */
const chart = (name: RegExp) => screen.getByRole("region", { name });

it("shows each figure with its unit, and the current value separate from the whole run's", async () => {
  await show();
  expect(figure("Throughput")).toEqual(["102/s", "last 5\u00a0s; average 40.0/s"]);
  expect(figure("p95")).toEqual(["12.3s", "median 90\u00a0ms"]);
  expect(figure("p99")[0]).toBe("190ms");
  expect(figure("Error rate")).toEqual(["1.50%", "18 errors, last 10\u00a0s: 10.0\u00a0%"]);
  expect(figure("Active users")).toEqual(["40", "of 40 planned"]);
  expect(figure("Samples")).toEqual(["1,200", "1 label"]);
  expect(figure("Elapsed")).toEqual(["0:32", "0:58 remaining"]);
});

it("shows the units of its four charts, and paints them", async () => {
  await show();
  for (const name of [/^Throughput, samples per second$/, /^Response time, percentiles/, /^Errors, per second$/, /^Active users, all nodes together$/]) expect(chart(name)).toBeDefined();
  expect(screen.getByRole("region", { name: "Codes, bytes and connections" }).querySelectorAll(".when-seen, .chart-card")).toHaveLength(6);
  await waitFor(() => expect(paintedTexts("throughput")).toContain("40/s"));
  await waitFor(() => expect(paintedTexts("active-users")).toContain("40"));
  // The newest settled interval is shown in the legends.
  expect(within(chart(/^Errors/)).getByRole("button", { name: /^Errors/ }).textContent).toBe("Errors4.00/s");
});

it("shows the response codes over time, and updates them from snapshots", async () => {
  await show();
  act(() => scrollBack());
  const codes = chart(/^Response codes, samples per second$/);
  const legend = () =>
    within(codes)
      .getAllByRole("button", { name: /^(\d{3}|\(other codes\))/ })
      .map((each) => each.textContent);
  await waitFor(() => expect(legend()).toEqual(["20036.0/s", "5034.00/s"]));
  const at = (second: number, samples: number) => [{ t_ms: START + second * 1000, samples }];
  const series = [
    { code: "200", points: at(29, 30) },
    { code: "503", points: [] },
    { code: "(other codes)", points: at(29, 7) },
  ];
  push(snapshot(2, { reset: false, points: [], codes: { reset: false, series } }));
  await waitFor(() => expect(legend()).toEqual(["20030.0/s", "5034.00/s", "(other codes)7.00/s"]));
});

it("says that the response codes are of all labels if some are selected", async () => {
  api.answer("GET /runs/r-1/live/labels", { body: { run_id: "r-1", seq: 1, bucket_ms: 1000, reset: true, labels: [], together: null } });
  renderFor(sessionOf("member"), <RunPage id="r-1" />, "/?label=Login");
  await screen.findByText("Active users", { selector: "dt" });
  act(() => scrollBack());
  expect(chart(/^Response codes, samples per second, all labels together$/)).toBeDefined();
});

it("updates figures, table and the tab's title from snapshots", async () => {
  await show();
  await waitFor(() => expect(document.title).toBe("102/s peak · JAC"));
  const run = { ...RUN, headline: { ...HEADLINE, rate_per_s: 7.25 } };
  push(snapshot(2, { run, labels: 2, summary: summaryOf([entryOf("Login"), entryOf("Search")]) }));
  await waitFor(() => expect(document.title).toBe("7.25/s peak · JAC"));
  expect(figure("Throughput")[0]).toBe("7.25/s");
  expect(figure("Samples")[1]).toBe("2 labels");
  expect(screen.getByRole("row", { name: /^Search/ })).toBeDefined();
});

it("says how many of many labels it shows", async () => {
  await show();
  push(snapshot(2, { labels: 1500 }));
  expect((await screen.findByText(/labels with the most samples/)).textContent).toMatch(/\b1 labels.*1,500/);
});

it("shows figures and table of the last minute, counted by the server", async () => {
  const table = {
    from_ms: START - 30_000,
    to_ms: START + 30_000,
    total: entryOf("Total", { samples: 77, errors: 7, error_percent: 9.1, p95_ms: 55 }),
    labels: [entryOf("Search", { samples: 77 })],
    together: null,
    errors: [{ label: "Search", code: "503", message: "Service Unavailable", example: "", count: 7, first_ms: START - 20_000, last_ms: START }],
  };
  api.answer("GET /runs/r-1/live/window", { body: table });
  await show();
  await userEvent.click(screen.getByRole("button", { name: "Last 1 min" }));
  await waitFor(() => expect(figure("Samples")[0]).toBe("77"));
  expect([figure("p95")[0], figure("p99")[1], figure("Error rate")[0]]).toEqual(["55ms", "of the time shown", "9.10%"]);
  expect(screen.getByRole("row", { name: /^Search/ })).toBeDefined();
  expect(screen.queryByRole("row", { name: /^Login/ })).toBeNull();
  const asked = api.asked.filter(({ path }) => path.startsWith("/runs/r-1/live/window"));
  expect(asked[0]?.path).toContain(`from_ms=${START - 30_000}&to_ms=${START + 30_000}`);
  expect(window.location.search).toBe("?last=60");
  const errors = within(screen.getByRole("region", { name: "Top errors" }));
  expect(errors.getByRole("row", { name: /Service Unavailable.*Search.*7.*100/ })).toBeDefined();
  await userEvent.click(screen.getByRole("button", { name: "All" }));
  await waitFor(() => expect(figure("Samples")[0]).toBe("1,200"));
  expect(window.location.search).toBe("");
});

it("shows the nodes' charts from the run's start, as stored by the server", async () => {
  const look = (second: number, cpu_percent: number) => ({
    at_ms: START + second * 1000,
    cpu_percent,
    memory_used_mb: 100,
    heap_used_mb: null,
    received_per_s: 0,
    sent_per_s: 0,
    lag_bytes: 4096,
    samples_per_s: null,
  });
  api.answer("GET /runs/r-1/node-series", { body: { every_ms: 5000, nodes: [{ name: "worker-1", looks: [look(0, 20), look(5, 80)] }] } });
  await show();
  // Charts are drawn when they are scrolled into view; the chart of the lag exists if any node reports it.
  await waitFor(() => expect(screen.getByRole("region", { name: "Nodes over time" }).querySelectorAll(".when-seen")).toHaveLength(6));
});

it("greys out its charts and stops while the connection is lost", async () => {
  await show();
  act(() => void wire.emit("connect"));
  expect(chart(/^Throughput/).className).not.toContain("chart-stale");
  act(() => {
    wire.connected = false;
    wire.emit("disconnect", "transport close");
  });
  expect(chart(/^Throughput/).className).toContain("chart-stale");
  await waitFor(() => expect(screen.getAllByRole("status").map((each) => each.dataset["connection"])).toContain("lost"));
  expect(figure("Elapsed")[0]).toBe("0:32");
});

it("asks for confirmation before stopping, and offers force stop only afterwards", async () => {
  api.answer("POST /runs/r-1/stop", { body: { ...RUN, stop_requested: "graceful" } });
  await show();
  expect(screen.queryByRole("button", { name: "Force stop" })).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Stop" }));
  expect(api.changes()).toEqual([]);
  await userEvent.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Stop" }));
  await waitFor(() => expect(api.changes().map(({ path }) => path)).toEqual(["/runs/r-1/stop"]));
  push(snapshot(2, { run: { ...RUN, stop_requested: "graceful" } }));
  expect(await screen.findByRole("button", { name: "Force stop" })).toBeDefined();
});

it("is read-only for a viewer", async () => {
  await show(sessionOf("viewer"));
  expect(screen.queryByRole("button", { name: /stop/i })).toBeNull();
});

it("reports a run that does not exist, without a retry button", async () => {
  api.answer("GET /runs/r-1", { status: 404, body: fault("run_not_found") });
  renderFor(sessionOf("member"), <RunPage id="r-1" />);
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toContain("run_not_found");
  expect(within(alert).queryByRole("button")).toBeNull();
});

it("reports that a run was deleted meanwhile, instead of showing it", async () => {
  const client = renderFor(sessionOf("member"), <RunPage id="r-1" />);
  await screen.findByText("Active users", { selector: "dt" });
  api.answer("GET /runs/r-1", { status: 404, body: fault("run_not_found") });
  await act(() => client.refetchQueries({ queryKey: keys.run("r-1"), exact: true }));
  expect((await screen.findByRole("alert")).textContent).toContain("run_not_found");
  expect(screen.queryByText("Active users", { selector: "dt" })).toBeNull();
});

it("opens the list of runs if the page reports its run as gone before the deletion is answered", async () => {
  api.answer("GET /runs/r-1", { body: { ...RUN, phase: "finished" } });
  const client = renderFor(sessionOf("administrator"), <RunPage id="r-1" />, "/runs/r-1");
  await userEvent.click(await screen.findByRole("button", { name: "More about this run" }));
  await userEvent.click(screen.getByRole("menuitem", { name: /^Delete/ }));
  let answer: () => void = () => undefined;
  api.answer("DELETE /runs/r-1", { status: 204, after: new Promise((resolve) => (answer = () => resolve(undefined))) });
  await userEvent.click(screen.getByRole("button", { name: "Delete" }));
  api.answer("GET /runs/r-1", { status: 404, body: fault("run_not_found") });
  await act(() => client.refetchQueries({ queryKey: keys.run("r-1"), exact: true }));
  await screen.findByText("Not found");
  answer();
  await waitFor(() => expect(window.location.pathname).toBe("/runs"));
});

it("ends a label's lines where its points could not be loaded, and gives the reason", async () => {
  const series = { label: "Login", transaction: false, points: Array.from({ length: 30 }, (_, second) => pointAt(START + second * 1000, { samples: 20 })) };
  api.answer("GET /runs/r-1/live/labels", { body: { run_id: "r-1", seq: 1, bucket_ms: 1000, reset: true, labels: [series], together: null } });
  renderFor(sessionOf("member"), <RunPage id="r-1" />, "/?label=Login");
  await waitFor(() => expect(within(chart(/^Throughput/)).queryByRole("button", { name: /^Login/ })).not.toBeNull());
  act(() => void wire.emit("connect"));
  expect(chart(/^Throughput/).className).not.toContain("chart-stale");
  api.answer("GET /runs/r-1/live/labels", { status: 503, body: fault("overloaded") });
  const points = Array.from({ length: 30 }, (_, second) => pointAt(START + (second + 30) * 1000, { samples: 40 }));
  push(snapshot(2, { at_ms: START + 62_000, points, reset: false }));
  expect((await screen.findByRole("alert")).textContent).toContain("overloaded");
  expect(chart(/^Throughput/).className).toContain("chart-stale");
  // Of the last 5 s before that, not of the time after it.
  expect(figure("Throughput")[0]).toBe("20.0/s");
});

it("advances the last minute while the system under test hangs", async () => {
  await show();
  push(snapshot(2, { at_ms: START + 92_000, points: [], reset: false }));
  await waitFor(() => expect(figure("Elapsed")[0]).toBe("1:32"));
  await userEvent.click(screen.getByRole("button", { name: "Last 1 min" }));
  await waitFor(() => expect(api.asked.some(({ path }) => path.includes(`from_ms=${START + 30_000}&to_ms=${START + 90_000}`))).toBe(true));
});

it("shows the time range of the error rate, even if samples are rare", async () => {
  await show();
  const points = [0, 1, 2, 3, 28, 29].map((second) => pointAt(START + second * 1000, { samples: 40, errors: second < 4 ? 40 : 0 }));
  push(snapshot(2, { points }));
  await waitFor(() => expect(figure("Error rate")[1]).toBe("18 errors, last 10\u00a0s: 0\u00a0%"));
});

it("marks figures of the whole run as such while those of the time range are missing, and gives the reason", async () => {
  api.answer("GET /runs/r-1/live/window", { status: 503, body: fault("overloaded") });
  await show();
  expect(screen.queryByText("Figures and table: whole run.")).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Last 1 min" }));
  expect(await screen.findByText("Figures and table: whole run.")).toBeDefined();
  expect((await screen.findByRole("alert")).textContent).toContain("overloaded");
});

it("shows fetched data if the feed has sent nothing since", async () => {
  const client = renderFor(sessionOf("member"), <RunPage id="r-1" />);
  await screen.findByText("Active users", { selector: "dt" });
  expect(screen.getByRole("progressbar")).toBeDefined();
  act(() => void client.setQueryData(keys.run("r-1"), { ...RUN, phase: "collecting" }));
  await waitFor(() => expect(screen.queryByRole("progressbar")).toBeNull());
});

it("keeps an annotation and a search that are being typed when the run ends and its report is loaded", async () => {
  let answer: () => void = () => undefined;
  api.answer("GET /runs/r-1/report", { body: reportOf({ summary: snapshot(1).summary }), after: new Promise((resolve) => (answer = () => resolve(undefined))) });
  await show(sessionOf("administrator"));
  act(() => scrollBack());
  await userEvent.type(within(screen.getByRole("form", { name: "Search for samples" })).getByLabelText("Label"), "Log");
  await userEvent.click(screen.getByRole("button", { name: "Annotate" }));
  const text = screen.getByLabelText("Text", { selector: ".dialog input" });
  await userEvent.type(text, "Deployed");
  const typed = () => [
    screen.getByLabelText<HTMLInputElement>("Text", { selector: ".dialog input" }).value,
    within(screen.getByRole("form", { name: "Search for samples", hidden: true })).getByLabelText<HTMLInputElement>("Label").value,
  ];
  api.answer("GET /runs/r-1", { body: { ...RUN, phase: "finished", cause: { kind: "completed" }, ended_ms: START + 40_000 } });
  push(snapshot(2, { run: { ...RUN, phase: "finished", cause: { kind: "completed" }, ended_ms: START + 40_000 } }));
  await screen.findByText(/Loading the report/);
  expect(typed()).toEqual(["Deployed", "Log"]);
  // A run that has ended has no last seconds.
  expect([figure("Throughput"), figure("Error rate")[1], figure("Elapsed")]).toEqual([["40.0/s", "average"], "18 errors", ["0:40", "\u00a0"]]);
  answer();
  await screen.findByText("Duration", { selector: "dt" });
  expect(typed()).toEqual(["Deployed", "Log"]);
});

it("says over which time the throughput of a label is counted in a long run", async () => {
  const points = Array.from({ length: 30 }, (_, index) => pointAt(START + index * 15_000, { samples: 600 }));
  const series = { label: "Login", transaction: false, points: points.map((point) => ({ ...point, samples: 300 })) };
  api.answer("GET /runs/r-1/live/labels", { body: { run_id: "r-1", seq: 1, bucket_ms: 15_000, reset: true, labels: [series], together: null } });
  renderFor(sessionOf("member"), <RunPage id="r-1" />, "/?label=Login");
  await screen.findByText("Active users", { selector: "dt" });
  push(snapshot(2, { at_ms: START + 452_000, bucket_ms: 15_000, points }));
  await waitFor(() => expect(figure("Throughput")[0]).toBe("20.0/s"));
  expect(figure("Throughput")[1]).toMatch(/^last 15\u00a0s;/);
});
