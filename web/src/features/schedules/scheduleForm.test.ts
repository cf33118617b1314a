import { describe, expect, it } from "vitest";
import { formFrom, type StartConfig } from "@/features/clusters/clusterForm";
import type { CheckProperty, Schedule } from "@/shared/api/types";
import { checkScheduleForm, emptyForm, formOf, previewSearch, PRESETS, timingOf } from "./scheduleForm";

const DEFAULTS = {
  workers: 0,
  heap_mb: null,
  lifetime_minutes: 480,
  idle_minutes: 60,
  remove_after_run: false,
  jmeter_home: null,
  jmeter_version: null,
  ssh: null,
  ec2: {
    region: null,
    credentials: "saved",
    master_type: "m",
    worker_type: "w",
    fallback_worker_types: [],
    image: { newest: "debian12" },
    vpc: null,
    subnets: [],
    security_group: null,
    addresses: "public",
    ssh_from: null,
    disk_gb: 20,
    key_name: null,
    spot: false,
    tags: {},
    workers_may_fail: 0,
  },
} as unknown as StartConfig;

const KNOWN = [{ name: "threads", default: "10", value: null }] as unknown as CheckProperty[];

const empty = () => emptyForm(DEFAULTS, "local", "Europe/Berlin");
const withPlan = () => ({ ...empty(), run: { ...empty().run, planId: "p-22222222" } });

describe("a schedule's form", () => {
  it("requires a plan, and by default runs every night on a new cluster", () => {
    expect(checkScheduleForm(empty(), KNOWN, [], 16, null).faults.run.plan).toBeDefined();
    const { request } = checkScheduleForm(withPlan(), KNOWN, [], 16, null);
    expect(request).toMatchObject({
      plan_id: "p-22222222",
      on: { kind: "new", provider: "local", config: { workers: 0, remove_after_run: true } },
      timing: { kind: "cron", expression: "0 3 * * *", zone: "Europe/Berlin" },
      overlap: "skip",
    });
    expect(request).not.toHaveProperty("revision");
    expect(request?.run).not.toHaveProperty("cluster_id");
  });

  it("reports what is missing in timing and cluster", () => {
    expect(checkScheduleForm({ ...withPlan(), expression: " " }, KNOWN, [], 16, null).faults.timing).toBeDefined();
    expect(checkScheduleForm({ ...withPlan(), kind: "once" }, KNOWN, [], 16, null).faults.timing).toBeDefined();
    expect(checkScheduleForm({ ...withPlan(), zone: "" }, KNOWN, [], 16, null).faults.zone).toBeDefined();
    expect(checkScheduleForm({ ...withPlan(), place: "cluster" }, KNOWN, [], 16, null).faults.run.cluster).toBeDefined();
    const tooMany = { ...withPlan(), cluster: { ...formFrom(DEFAULTS), workers: "99" } };
    expect(checkScheduleForm(tooMany, KNOWN, [], 16, null)).toMatchObject({ request: null, faults: { cluster: { workers: expect.any(String) as string } } });
  });

  it("is unchanged when a schedule is opened and saved", () => {
    const schedule = {
      id: "t-22222222",
      name: "nightly",
      plan: { id: "p-22222222", name: "shop" },
      run: {
        plan_revision: 2,
        properties: { threads: "20", token: "***" },
        system_properties: { dir: "/x" },
        secret: ["token"],
        properties_files: ["a.properties"],
        split: ["users.csv"],
        criteria: ["p95 > 800ms"],
        stop_timeout_s: 5,
        results: "direct",
        min_workers: 2,
        share: { threads: 1000 },
      },
      on: { kind: "cluster", cluster_id: "c-22222222", cluster_name: "load" },
      timing: { kind: "once", at: "2026-12-01T03:00:00", zone: "UTC" },
      overlap: "queue",
      revision: 3,
    } as unknown as Schedule;
    const form = formOf(schedule, KNOWN, DEFAULTS, "local");
    expect(form.run).toMatchObject({ properties: { threads: "20" }, moreProperties: "token=***" });
    const { request } = checkScheduleForm(form, KNOWN, ["users.csv"], 16, schedule.revision);
    expect(request).toEqual({ plan_id: "p-22222222", name: "nightly", run: schedule.run, on: { ...schedule.on, cluster_name: "" }, timing: schedule.timing, overlap: "queue", revision: 3 });
  });

  it("keeps a property that the schedule set, even if it equals the plan's current default", () => {
    const schedule = {
      ...{ name: "nightly", plan: { id: "p-22222222" }, on: { kind: "cluster", cluster_id: "c-2" }, timing: { kind: "cron", expression: "0 3 * * *", zone: "UTC" }, overlap: "skip" },
      run: { properties: { threads: "10" }, system_properties: {}, secret: [], properties_files: [], split: [], criteria: [], results: "auto", share: {} },
    } as unknown as Schedule;
    const form = { ...formOf(schedule, KNOWN, DEFAULTS, "local"), expression: "0 4 * * *" };
    expect(checkScheduleForm(form, KNOWN, [], 16, 3).request?.run?.properties).toEqual({ threads: "10" });
    // A pinned revision may have another default than the newest.
    const pinned = { ...form, revision: 2, run: { ...form.run, set: {} } };
    expect(checkScheduleForm(pinned, KNOWN, [], 16, 3).request?.run?.properties).toEqual({ threads: "10" });
  });

  it("requests the next times for each kind of timing", () => {
    const cron = timingOf(empty());
    expect(cron).not.toBeNull();
    if (cron !== null) expect(previewSearch(cron)).toBe("cron=0+3+*+*+*&zone=Europe%2FBerlin");
    const once = timingOf({ ...empty(), kind: "once", at: "2026-12-01T03:00" });
    if (once !== null) expect(previewSearch(once)).toBe("at=2026-12-01T03%3A00&zone=Europe%2FBerlin");
    expect(new Set(PRESETS.map(({ expression }) => expression)).size).toBe(PRESETS.length);
  });
});
