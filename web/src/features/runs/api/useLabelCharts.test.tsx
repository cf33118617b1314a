import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { MemoryRouter } from "react-router";
import { afterEach, expect, it, vi } from "vitest";
import type { LabelCharts, Report } from "@/shared/api/types";
import { useLabelCharts } from "./useLabelCharts";

afterEach(() => vi.unstubAllGlobals());

/** The part of a report that the test needs. */
const report = {
  summary: { labels: [{ label: "Home" }, { label: "Rare & odd" }] },
  series: { labels: [{ label: "Home", transaction: false, points: [] }] },
  profiles: { labels: [{ label: "Home" }] },
} as unknown as Report;
const charts = { series: { label: "Rare & odd", transaction: false, points: [] }, profile: { label: "Rare & odd" } } as unknown as LabelCharts;

function shown(url: string) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>
      <MemoryRouter initialEntries={[url]}>{children}</MemoryRouter>
    </QueryClientProvider>
  );
  return renderHook(() => useLabelCharts("r-1", report), { wrapper });
}

it("requests the selected labels that the report has no charts of, and no others", async () => {
  const asked: string[] = [];
  vi.stubGlobal("fetch", (url: string) => {
    asked.push(url);
    return Promise.resolve(new Response(JSON.stringify(charts), { headers: { "content-type": "application/json" } }));
  });
  const { result } = shown("/runs/r-1?label=Home&label=Rare+%26+odd&label=gone");
  await waitFor(() => expect(result.current.report?.series.labels.map((each) => each.label)).toEqual(["Home", "Rare & odd"]));
  expect(result.current.report?.profiles.labels).toHaveLength(2);
  expect(asked).toEqual(["/api/v1/runs/r-1/label-charts?label=Rare%20%26%20odd"]);
});

it("keeps the report when the log is gone, and reports that", async () => {
  const answer = { error: { code: "not_found", message: "No.", hint: null, faults: [] } };
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify(answer), { status: 404, headers: { "content-type": "application/json" } })));
  const { result } = shown("/runs/r-1?label=Rare+%26+odd");
  await waitFor(() => expect(result.current.error).not.toBeNull());
  expect(result.current.report).toBe(report);
  expect(result.current.loading).toBe(false);
});
