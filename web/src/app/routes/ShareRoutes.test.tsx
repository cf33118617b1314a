import { screen } from "@testing-library/react";
import { Route, Routes } from "react-router";
import { expect, it } from "vitest";
import { renderFor, testApi } from "@/test/api";
import { entryOf, pointAt, profileOf, reportOf, runOf, summaryOf } from "@/test/results";
import { ShareRunRoute } from "./ShareRoutes";

const api = testApi();
const START = new Date(2026, 10, 23, 12).getTime();

function report(samples: number, interval: { from_ms: number; to_ms: number } | null) {
  return reportOf({
    summary: summaryOf([entryOf("Login", { samples })], {}, { start_ms: START, end_ms: START + 9_999 }),
    interval,
    series: { bucket_ms: 1000, points: Array.from({ length: 10 }, (_, second) => pointAt(START + second * 1000)), labels: [], codes: [], started: [] },
    profiles: { percents: [], total: profileOf(), labels: [] },
  });
}

it("applies the zoom in the link to figures and tables", async () => {
  const [from_ms, to_ms] = [START + 2000, START + 5000];
  api.answer("GET /runs/r-1", { body: runOf({ id: "r-1", name: "peak" }) });
  api.answer("GET /runs/r-1/report", { body: report(1000, null) });
  api.answer(`GET /runs/r-1/report?from_ms=${from_ms}&to_ms=${to_ms}`, { body: report(30, { from_ms, to_ms }) });
  renderFor(
    null,
    <Routes>
      <Route path="/share/runs/:id" element={<ShareRunRoute />} />
    </Routes>,
    `/share/runs/r-1?zoom=${from_ms}-${to_ms}`,
  );
  expect((await screen.findByText(/of the run$/)).textContent).toBe("12:00:02–12:00:05 of the run");
  expect(screen.getByText("Samples", { selector: "dt" }).parentElement?.querySelector("dd")?.textContent).toBe("30");
});
