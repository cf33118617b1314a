import { describe, expect, it } from "vitest";
import type { ClusterConfig } from "@/shared/api/types";
import { checkForm, formFrom } from "./clusterForm";
import { sumWords } from "./clusterWords";

const defaults: ClusterConfig = { workers: 2, heap_mb: null, lifetime_minutes: 120, idle_minutes: 30, remove_after_run: false };

describe("the create form", () => {
  it("sends the defaults as they came", () => {
    expect(checkForm(formFrom(defaults), 16)).toEqual({ faults: {}, request: { provider: "local", config: defaults } });
  });
  it("lists all faults at once", () => {
    const form = { ...formFrom(defaults), workers: "10000", heapMb: "8", lifetimeMinutes: "0", idleMinutes: "x", name: "n".repeat(81) };
    const { request, faults } = checkForm(form, 16);
    expect(request).toBeNull();
    expect(Object.keys(faults).sort()).toEqual(["heapMb", "idleMinutes", "lifetimeMinutes", "name", "workers"]);
  });
  it.each(["-1", "1.5", "", "two"])("refuses %s workers", (workers) => {
    expect(checkForm({ ...formFrom(defaults), workers }, 16).faults.workers).toContain("0 to 16");
  });
});

it("says what a configuration comes to", () => {
  expect(sumWords(defaults).replaceAll("\u00a0", " ")).toBe(
    "1 master + 2 workers on this machine, memory chosen by JAC, for at most 2 h, or 30 min without a run",
  );
});
