import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { finalFigures } from "@/features/results/finalFigures";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import { entryOf, runSummaryOf, summaryOf } from "@/test/results";
import { RunList } from "./RunTable";

const api = testApi();
const headline = { samples: 600, errors: 0, error_percent: 0, rate_per_s: 10, p95_ms: 100, active_users: null };
const ann = sessionOf("member", {}, [{ id: "t-1", name: "shop" }]);
const answer = (items: ReturnType<typeof runSummaryOf>[], next: string | null = null) => api.answer("GET /runs", { body: { items, next } });
const show = (path = "/runs", session = ann) => renderFor(session, <RunList title="Runs" empty="No runs yet." />, path);
const row = (name: string) => screen.findByRole("row", { name: new RegExp(name) });
/** The parameters of the newest request, without the page size. */
const lastSearch = () => {
  const search = new URLSearchParams(api.asked.at(-1)?.path.split("?")[1]);
  search.delete("limit");
  return search.toString();
};

it("shows a run whose samples all failed as such, not as completed", async () => {
  answer([runSummaryOf({ id: "r-1", name: "down", headline: { ...headline, errors: 600, error_percent: 100 } }), runSummaryOf({ id: "r-2", name: "fine", headline })]);
  show();
  expect(within(await row("down")).getByText("all samples failed").className).toContain("chip-attention");
  expect(within(await row("down")).queryByText("completed")).toBeNull();
  expect(within(await row("fine")).getByText("completed").className).toContain("chip-good");
});

it("shows the duration of the run's report: from the first sample to the last", async () => {
  // JMeter itself ran for 70 s; its samples span 60 s.
  answer([runSummaryOf({ id: "r-2", name: "fine", headline, started_ms: 0, ended_ms: 70_000 })]);
  show();
  expect(await screen.findByText("1 min")).toBeDefined();
  const figure = finalFigures(summaryOf([entryOf("a", { samples: 600 })], { throughput_per_s: 10 }), [], 1000).find((each) => each.key === "duration");
  expect(figure?.value).toEqual(["1:00", ""]);
});

it("explains the empty list, and differently if nothing matches", async () => {
  answer([]);
  show("/runs?verdict=failed");
  await userEvent.click(await screen.findByRole("button", { name: "Clear filters" }));
  expect(await screen.findByText("No runs yet.")).toBeDefined();
  expect(window.location.search).toBe("");
});

it("keeps its filters if the filtered request fails", async () => {
  api.answer("GET /runs", { status: 400, body: fault("text_invalid") });
  show("/runs?text=a");
  expect((await screen.findByRole("alert")).textContent).toContain("text_invalid");
  answer([runSummaryOf({ id: "r-1", name: "shop" })]);
  await userEvent.clear(screen.getByRole("searchbox"));
  await userEvent.keyboard("{Enter}");
  await row("shop");
});

it("sends the filters in the URL to the server, and keeps each choice there", async () => {
  answer([runSummaryOf({ id: "r-1", name: "shop" })]);
  show("/runs?whose=mine&phase=finished&sort=-p95&text=shop");
  await row("shop");
  expect(lastSearch()).toBe("owner=me&text=shop&phase=finished&sort=p95&order=desc");
  await userEvent.click(screen.getByRole("button", { name: "Team" }));
  await waitFor(() => expect(lastSearch()).toBe("team=mine&text=shop&phase=finished&sort=p95&order=desc"));
  await userEvent.selectOptions(screen.getByLabelText("Criteria"), "failed");
  await waitFor(() => expect(lastSearch()).toContain("verdict=failed"));
  await userEvent.click(screen.getByRole("button", { name: "Throughput" }));
  await waitFor(() => expect(lastSearch()).toContain("sort=rate&order=desc"));
  await userEvent.type(screen.getByRole("searchbox"), " 2{Enter}");
  await waitFor(() => expect(lastSearch()).toContain("text=shop+2"));
  expect(Object.fromEntries(new URLSearchParams(window.location.search))).toEqual({ whose: "team", phase: "finished", verdict: "failed", sort: "-rate", text: "shop 2" });
});

it("marks pinned runs, and filters by them", async () => {
  answer([runSummaryOf({ id: "r-1", name: "kept", pinned: true }), runSummaryOf({ id: "r-2", name: "other" })]);
  show();
  expect(within(await row("kept")).getByRole("img", { name: "Pinned" })).toBeDefined();
  expect(within(await row("other")).queryByRole("img", { name: "Pinned" })).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Pinned", pressed: false }));
  await waitFor(() => expect(lastSearch()).toBe("pinned=true"));
  await userEvent.click(screen.getByRole("button", { name: "Pinned", pressed: true }));
  await waitFor(() => expect(window.location.search).toBe(""));
});

it("marks the baseline, and filters by a tag", async () => {
  answer([runSummaryOf({ id: "r-1", name: "base", baseline: true, tags: ["nightly"] }), runSummaryOf({ id: "r-2", name: "other" })]);
  show();
  expect(within(await row("base")).getByRole("img", { name: "Baseline" })).toBeDefined();
  expect(within(await row("other")).queryByRole("img", { name: "Baseline" })).toBeNull();
  await userEvent.selectOptions(screen.getByLabelText("Tag"), "nightly");
  await waitFor(() => expect(lastSearch()).toBe("tag=nightly"));
  expect(window.location.search).toBe("?tag=nightly");
});

it("loads the next rows by the cursor, once each", async () => {
  answer([runSummaryOf({ id: "r-1", name: "first" })], "cursor-1");
  show();
  await row("first");
  answer([runSummaryOf({ id: "r-1", name: "first" }), runSummaryOf({ id: "r-2", name: "second" })]);
  await userEvent.click(screen.getByRole("button", { name: "Load more" }));
  await row("second");
  expect(lastSearch()).toBe("after=cursor-1");
  expect(screen.getAllByRole("row", { name: /first/ })).toHaveLength(1);
  expect(screen.queryByRole("button", { name: "Load more" })).toBeNull();
});

it("has no filter by owner for the only user, and none by team for a user without teams", async () => {
  answer([runSummaryOf({ id: "r-1", name: "shop" })]);
  show("/runs", sessionOf("administrator", { single_user: true }));
  await row("shop");
  expect(screen.queryByRole("group", { name: "Whose runs" })).toBeNull();
});

it("offers no team to a user without teams", async () => {
  answer([runSummaryOf({ id: "r-1", name: "shop" })]);
  show("/runs", sessionOf("viewer"));
  await row("shop");
  expect(
    within(screen.getByRole("group", { name: "Whose runs" }))
      .getAllByRole("button")
      .map(({ textContent }) => textContent),
  ).toEqual(["Mine", "All"]);
});

it("shows an error with a button to retry", async () => {
  api.answer("GET /runs", { status: 500, body: fault("internal") });
  show();
  await screen.findByRole("alert");
  answer([runSummaryOf({ id: "r-1", name: "shop" })]);
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  await row("shop");
});

it("counts only listed runs among those selected for comparison", async () => {
  const runs = ["a", "b", "c", "d", "e", "f"].map((name) => runSummaryOf({ id: `r-${name}`, name: `run-${name}` }));
  answer(runs);
  show();
  const mark = (name: string) => screen.getByRole<HTMLInputElement>("checkbox", { name: `Select run-${name} for comparison` });
  await row("run-a");
  for (const name of ["a", "b", "c", "d", "e"]) await userEvent.click(mark(name));
  expect(mark("f").disabled).toBe(true);
  answer(runs.slice(5));
  await userEvent.click(screen.getByRole("button", { name: "Pinned" }));
  await waitFor(() => expect(screen.queryByText("run-a")).toBeNull());
  expect(mark("f").disabled).toBe(false);
  await userEvent.click(mark("f"));
  answer(runs);
  await userEvent.click(screen.getByRole("button", { name: "Pinned" }));
  await row("run-a");
  expect(screen.getAllByRole<HTMLInputElement>("checkbox", { name: /for comparison/ }).filter(({ checked }) => checked)).toHaveLength(1);
});

it("reports that the next rows could not be loaded, and keeps the others", async () => {
  answer([runSummaryOf({ id: "r-1", name: "first" })], "cursor-1");
  show();
  await row("first");
  api.answer("GET /runs", { status: 500, body: fault("internal") });
  await userEvent.click(screen.getByRole("button", { name: "Load more" }));
  expect((await screen.findByRole("alert")).textContent).toContain("Refused with internal");
  expect(screen.getByRole("row", { name: /first/ })).toBeDefined();
  answer([runSummaryOf({ id: "r-2", name: "second" })]);
  await userEvent.click(screen.getByRole("button", { name: "Load more" }));
  await row("second");
  expect(screen.queryByRole("alert")).toBeNull();
});

it("loads the next rows even while the list is refetched", async () => {
  answer([runSummaryOf({ id: "r-1", name: "first" })], "cursor-1");
  const client = show();
  await row("first");
  const before = api.asked.length;
  let go: () => void = () => undefined;
  api.answer("GET /runs", { body: { items: [runSummaryOf({ id: "r-1", name: "first" })], next: "cursor-1" }, after: new Promise((resolve) => (go = () => resolve(undefined))) });
  act(() => void client.invalidateQueries({ queryKey: ["runs"] }));
  await waitFor(() => expect(api.asked.length).toBe(before + 1));
  api.answer("GET /runs?limit=100&after=cursor-1", { body: { items: [runSummaryOf({ id: "r-2", name: "second" })], next: null } });
  await userEvent.click(screen.getByRole("button", { name: "Load more" }));
  await row("second");
  go();
});
