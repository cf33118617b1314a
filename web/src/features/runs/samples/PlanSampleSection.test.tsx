import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { renderFor, sessionOf, testApi } from "@/test/api";
import { planSamplesOf, sampleOf, searchedRunOf } from "@/test/results";
import { PlanSampleSection } from "./PlanSampleSection";

const api = testApi();
const show = (path = "/") => renderFor(sessionOf("viewer"), <PlanSampleSection plan="p-1" />, path);
const asked = () => api.asked.filter(({ path }) => path.startsWith("/plans/p-1/samples")).map(({ path }) => path);
const answer = (next: string | null, run: string) =>
  api.answer("GET /plans/p-1/samples", { body: planSamplesOf({ matched: 1, searched: 300, runs: [searchedRunOf(run)], samples: [sampleOf(run, { label: `Pay ${run}` })], next }) });

it("sends no request before a search, and keeps the search in the URL", async () => {
  answer(null, "r-2");
  show();
  await userEvent.click(screen.getByRole("button", { name: "Search samples…" }));
  await userEvent.type(screen.getByLabelText("Response code"), "500");
  expect(asked()).toEqual([]);
  await userEvent.click(screen.getByRole("button", { name: "Search" }));
  expect(await screen.findByText("1 of 300 samples match in 1 run")).toBeDefined();
  expect(asked()).toEqual(["/plans/p-1/samples?code=500&keep=first&limit=100"]);
  expect(window.location.search).toContain("find.code=500");
  const table = within(screen.getByRole("table"));
  expect(table.getByRole("link", { name: "r-2" }).getAttribute("href")).toBe("/runs/r-2");
  expect(screen.queryByRole("button", { name: "Search older runs" })).toBeNull();
});

it("continues with older runs, and lists those that cannot be searched", async () => {
  answer("abc", "r-2");
  show("/?find.keep=first");
  const more = await screen.findByRole("button", { name: "Search older runs" });
  api.answer("GET /plans/p-1/samples", {
    body: planSamplesOf({ searched: 0, runs: [searchedRunOf("r-1", { source: null, fault: { code: "not_found", message: "There is no log of the run r-1." } })] }),
  });
  await userEvent.click(more);
  expect(await screen.findByText(/There is no log of the run r-1\./)).toBeDefined();
  expect(screen.getByText("1 of 300 samples match in 1 run")).toBeDefined();
  expect(asked().at(-1)).toBe("/plans/p-1/samples?keep=first&limit=100&after=abc");
  await waitFor(() => expect(screen.queryByRole("button", { name: "Search older runs" })).toBeNull());
});

it("shows the server's errors in the form", async () => {
  api.answer("GET /plans/p-1/samples", { status: 400, body: { error: { code: "condition", message: "The label's pattern is wrong." } } });
  show("/?find.label=(&find.keep=first");
  expect(await screen.findByText(/The label's pattern is wrong\./)).toBeDefined();
});
