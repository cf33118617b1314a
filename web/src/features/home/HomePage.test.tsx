import { screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";
import type { Info } from "@/shared/api/types";
import { fault, renderFor, sessionOf, testApi } from "@/test/api";
import { runSummaryOf } from "@/test/results";
import { HomePage } from "./HomePage";

const api = testApi();
const INFO = { notices: [], java: { found: true }, jmeter: { found: false }, jmeter_versions: ["5.6.3"], providers: ["local"] } as unknown as Info;
const page = (items: unknown[]) => ({ body: { items, next: null } });

beforeEach(() => {
  for (const list of ["runs", "plans", "clusters", "schedules"]) api.answer(`GET /${list}`, page([]));
  api.answer("GET /info", { body: INFO });
});

it("appears all at once, so the content does not move while it is read", async () => {
  let answer: () => void = () => undefined;
  api.answer("GET /info", { body: INFO, after: new Promise((resolve) => (answer = () => resolve(undefined))) });
  renderFor(sessionOf("member"), <HomePage />);
  await screen.findByText("Loading the overview…");
  await waitFor(() => expect(api.asked.map(({ path }) => path.split("?")[0])).toEqual(expect.arrayContaining(["/runs", "/plans", "/clusters", "/schedules", "/info"])));
  expect(screen.queryByRole("region")).toBeNull();
  answer();
  await screen.findByRole("button", { name: "Run the example" });
  expect(screen.getByText(/JMeter 5.6.3 will be downloaded/)).toBeDefined();
});

it("shows what could not be loaded, and the rest", async () => {
  api.answer("GET /runs", page([runSummaryOf({ id: "r-1", name: "peak" })]));
  for (const list of ["clusters", "schedules"]) api.answer(`GET /${list}`, { status: 500, body: fault("internal") });
  renderFor(sessionOf("member"), <HomePage />);
  expect((await screen.findByRole("alert")).textContent).toContain("internal");
  expect(await screen.findByRole("link", { name: "peak" })).toBeDefined();
  expect(screen.queryByRole("region", { name: "Clusters" })).toBeNull();
});
