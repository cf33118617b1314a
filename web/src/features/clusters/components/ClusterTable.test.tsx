import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import type { ClusterSummary } from "@/shared/api/types";
import { renderFor, sessionOf, testApi } from "@/test/api";
import { ClusterTable } from "./ClusterTable";

const api = testApi();

const cluster = (name: string, more: Partial<ClusterSummary>): ClusterSummary => ({
  id: `c-${name}`,
  name,
  owner: { id: "u-1", name: "Ann" },
  team: null,
  provider: "local",
  phase: "ready",
  cause: null,
  workers: 2,
  lost_nodes: [],
  current_run: null,
  remove_after_run: false,
  created_ms: 0,
  ready_ms: 0,
  ended_ms: null,
  expires_at_ms: 0,
  idle_ends_at_ms: null,
  usd_per_hour: null,
  usd_so_far: null,
  ...more,
});
const because = (code: string, message: string) => ({ code, params: {}, message });
const show = (clusters: ClusterSummary[]) => {
  api.answer("GET /clusters", { body: { items: clusters, next: null } });
  renderFor(sessionOf("member"), <ClusterTable empty={() => "None."} />, "/clusters?ended=true");
};
const row = async (name: string) => within(await screen.findByRole("row", { name: new RegExp(name) }));

it("tells a launch that failed from a termination, each with its reason", async () => {
  show([
    cluster("small", { phase: "terminated", ready_ms: null, cause: because("unfit", "Host 10.0.0.4 has no room.") }),
    cluster("brief", { phase: "terminated", ready_ms: null, cause: because("terminated_by", "Terminated by Ann.") }),
    cluster("older", { phase: "terminated", ready_ms: null, cause: because("uncoded", "No room.") }),
    cluster("lost", { lost_nodes: ["worker-1"] }),
  ]);
  const chipOf = async (name: string, word: string) => (await row(name)).getByText(word).className;
  expect(await chipOf("small", "launch failed")).toContain("chip-failed");
  expect(await chipOf("brief", "terminated")).toContain("chip-ended");
  expect(await chipOf("older", "never ready")).toContain("chip-attention");
  expect(await chipOf("lost", "degraded")).toContain("chip-attention");
  expect((await row("small")).getAllByTitle("Host 10.0.0.4 has no room.").length).toBeGreaterThan(0);
});

it("has no column of reasons where there are none", async () => {
  show([cluster("walk", {})]);
  await row("walk");
  expect(screen.queryByRole("columnheader", { name: /Reason/ })).toBeNull();
});
