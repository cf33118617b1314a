import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import type { SearchTarget, Shipment } from "@/shared/api/types";
import { renderFor, sessionOf, testApi } from "@/test/api";
import { runOf } from "@/test/results";
import { Shipments } from "./Shipments";

const api = testApi();
const run = runOf({ id: "r-1", name: "shop" });
const info = { name: "es", kind: "elasticsearch", address: "http://es.test:9200", index_pattern: "logs-jmeter.sample-default", dashboards: null } as const;
const target: SearchTarget = { target: info, unfinished: 0, trouble: null };
const shipment: Shipment = {
  target: "es",
  target_info: info,
  state: "complete",
  rows: 1200,
  shipped: 1200,
  refused: 0,
  counted: 1200,
  waiting_bytes: null,
  delay_ms: null,
  trouble: null,
  refused_reason: null,
  refused_file: null,
  dashboard_url: "https://kibana.test/app/dashboards#/view/jac-run",
  updated_ms: 1,
};

function show(shipments: Shipment[], role: "member" | "viewer" = "member") {
  api.answer("GET /runs/r-1/search", { body: shipments });
  api.answer("GET /search/targets", { body: [target] });
  renderFor(sessionOf(role), <Shipments run={run} />);
  return screen.findByRole("listitem");
}

it("shows both numbers, and links to the dashboard", async () => {
  const item = await show([shipment]);
  await waitFor(() => expect(item.textContent).toContain("1,200 rows · 1,200 documents counted"));
  expect(screen.getByRole("link", { name: "Dashboard" }).getAttribute("href")).toBe(shipment.dashboard_url);
  expect(screen.queryByRole("button")).toBeNull();
});

it("offers to retry a waiting shipment, and gives the reason for waiting", async () => {
  const trouble = { code: "search_unreachable", message: "es.test:9200 does not answer." };
  await show([{ ...shipment, state: "shipping", counted: null, waiting_bytes: 2_000_000, delay_ms: 90_000, trouble }]);
  api.answer("POST /runs/r-1/search", { status: 202, body: [shipment] });
  expect(await screen.findByText("es.test:9200 does not answer.")).toBeDefined();
  await userEvent.click(await screen.findByRole("button", { name: "Retry now" }));
  await waitFor(() => expect(api.changes()).toEqual([{ method: "POST", path: "/runs/r-1/search?target=es", body: {} }]));
  expect(await screen.findByText("complete")).toBeDefined();
});

it("shows rejected rows with the target's reason and the file that has them", async () => {
  const reason = "mapper_parsing_exception: failed to parse field [jmeter.label]";
  await show([{ ...shipment, state: "incomplete", refused: 3, refused_reason: reason, refused_file: "search/es.refused.ndjson" }]);
  expect(await screen.findByText(new RegExp("failed to parse"))).toBeDefined();
  expect(screen.getByRole("link", { name: "All rejected rows" }).getAttribute("href")).toBe("/api/v1/runs/r-1/artefacts/search/es.refused.ndjson");
  expect(await screen.findByRole("button", { name: "Ship again" })).toBeDefined();
});

it("offers to ship an earlier run, but not to a viewer", async () => {
  await show([]);
  expect(await screen.findByRole("button", { name: "Ship" })).toBeDefined();
});

it("shows a viewer the state without buttons", async () => {
  const item = await show([], "viewer");
  expect(item.textContent).toContain("not shipped");
  expect(screen.queryByRole("button")).toBeNull();
});

it("reports that a target was removed from the server, and removes the shipment on request", async () => {
  const trouble = { code: "search_target_removed", message: "The server no longer has a search target with this name." };
  api.answer("GET /runs/r-1/search", { body: [{ ...shipment, target: "old", target_info: null, state: "shipping", counted: null, dashboard_url: null, trouble }] });
  api.answer("GET /search/targets", { body: [] });
  renderFor(sessionOf("member"), <Shipments run={run} />);
  expect(await screen.findByText(trouble.message)).toBeDefined();
  expect(screen.getByText("target removed")).toBeDefined();
  expect(screen.queryByRole("button", { name: "Retry now" })).toBeNull();
  api.answer("DELETE /runs/r-1/search", { body: { documents: 0 } });
  api.answer("GET /runs/r-1/search", { body: [] });
  await userEvent.click(await screen.findByRole("button", { name: "Remove…" }));
  expect(api.changes()).toEqual([]);
  await userEvent.click(screen.getByRole("button", { name: "Remove" }));
  await waitFor(() => expect(api.changes()).toEqual([{ method: "DELETE", path: "/runs/r-1/search?target=old", body: null }]));
  await waitFor(() => expect(screen.queryByText("old")).toBeNull());
});
