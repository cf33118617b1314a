/** A schedule's form, its request, and its errors: all at once. Pure. */
import { checkForm, formFrom, type ClusterForm, type Faults as ClusterFaults, type StartConfig } from "@/features/clusters/clusterForm";
import { settingsForm } from "@/features/runs/formOfRun";
import { checkRunForm, EMPTY_FORM, type RunFaults, type RunForm } from "@/features/runs/runForm";
import type { CheckProperty, NewCluster, NewSchedule, Overlap, Provider, Schedule, Timing } from "@/shared/api/types";

export interface ScheduleForm {
  run: RunForm;
  /** Criteria instead of the plan's, in the syntax of the command line; empty: the plan's. */
  criteria: string[];
  /** Whether a cluster is created for each run. */
  place: "new" | "cluster";
  cluster: ClusterForm;
  kind: "cron" | "once";
  expression: string;
  /** `2026-12-01T03:00`, in the format of an input for date and time. */
  at: string;
  zone: string;
  overlap: Overlap;
  /** The revision of the plan that each run runs; null: the newest at its time. */
  revision: number | null;
}

export interface ScheduleFaults {
  run: RunFaults;
  cluster: ClusterFaults;
  timing?: string;
  zone?: string;
}

export interface Preset {
  expression: string;
  word: string;
}

/** Common timings; any other one can be entered. */
export const PRESETS: Preset[] = [
  { expression: "0 * * * *", word: "Every hour" },
  { expression: "0 3 * * *", word: "Every day at 03:00" },
  { expression: "0 3 * * 1-5", word: "Monday to Friday at 03:00" },
  { expression: "0 3 * * 6", word: "Every Saturday at 03:00" },
  { expression: "0 3 1 * *", word: "The first of each month at 03:00" },
];

export function emptyForm(defaults: StartConfig, provider: Provider, zone: string): ScheduleForm {
  return { run: EMPTY_FORM, criteria: [], place: "new", cluster: formFrom(defaults, provider), kind: "cron", expression: "0 3 * * *", at: "", zone, overlap: "skip", revision: null };
}

/** The form of an existing schedule; `known`: the properties that its plan's check found. */
export function formOf(schedule: Schedule, known: CheckProperty[], defaults: StartConfig, provider: Provider): ScheduleForm {
  const { run, on, timing } = schedule;
  const config = on.kind === "new" ? { ...defaults, ...on.config, ec2: on.config.ec2 ?? defaults.ec2 } : defaults;
  return {
    run: {
      ...EMPTY_FORM,
      planId: schedule.plan.id,
      clusterId: on.kind === "cluster" ? on.cluster_id : null,
      name: schedule.name,
      ...settingsForm(run, known),
      secret: run.secret,
      results: run.results,
    },
    criteria: run.criteria,
    place: on.kind,
    cluster: formFrom(config, on.kind === "new" ? on.provider : provider),
    kind: timing.kind,
    expression: timing.kind === "cron" ? timing.expression : "0 3 * * *",
    at: timing.kind === "once" ? timing.at : "",
    zone: timing.zone,
    overlap: schedule.overlap,
    revision: run.plan_revision ?? null,
  };
}

/** The timing if it is complete; null: something is missing. */
export function timingOf({ kind, expression, at, zone }: Pick<ScheduleForm, "kind" | "expression" | "at" | "zone">): Timing | null {
  if (zone.trim() === "") return null;
  if (kind === "cron") return expression.trim() === "" ? null : { kind, expression: expression.trim(), zone: zone.trim() };
  return at === "" ? null : { kind, at, zone: zone.trim() };
}

/** The query of the preview. */
export function previewSearch(timing: Timing): string {
  const search = timing.kind === "cron" ? new URLSearchParams({ cron: timing.expression }) : new URLSearchParams({ at: timing.at });
  search.set("zone", timing.zone);
  return search.toString();
}

interface Checked {
  /** null while there are errors. */
  request: NewSchedule | null;
  faults: ScheduleFaults;
  /** The cluster that is created for each run; null: an existing one is used, or its form has faults. */
  created: NewCluster | null;
}

export function checkScheduleForm(form: ScheduleForm, known: CheckProperty[], splittable: string[], maxWorkers: number, revision: number | null): Checked {
  const isNew = form.place === "new";
  // The selected cluster does not matter for a run on a new one.
  const run = checkRunForm({ ...form.run, revision: form.revision, clusterId: isNew ? "new" : form.run.clusterId }, known, splittable);
  const cluster = isNew ? checkForm({ ...form.cluster, name: "", description: "" }, maxWorkers) : { request: null, faults: {} };
  const timing = timingOf(form);
  const faults: ScheduleFaults = { run: run.faults, cluster: cluster.faults };
  if (form.zone.trim() === "") faults.zone = "Enter a time zone, such as Europe/Berlin.";
  else if (timing === null) faults.timing = form.kind === "cron" ? "Enter a cron expression." : "Choose a date and time.";
  if (timing === null || run.request === null || (isNew && cluster.request === null)) return { request: null, faults, created: cluster.request };
  const { plan_id, cluster_id, name, ...given } = run.request;
  const settings: NewSchedule["run"] = {
    properties: given.properties ?? {},
    system_properties: given.system_properties ?? {},
    secret: given.secret ?? [],
    properties_files: given.properties_files ?? [],
    split: given.split ?? [],
    criteria: form.criteria,
    stop_timeout_s: given.stop_timeout_s ?? null,
    results: given.results ?? "auto",
    min_workers: given.min_workers ?? null,
    share: given.share ?? {},
    plan_revision: form.revision,
  };
  const on: NewSchedule["on"] =
    cluster.request === null
      ? { kind: "cluster", cluster_id: cluster_id ?? "", cluster_name: "" }
      : { kind: "new", provider: cluster.request.provider, config: { ...cluster.request.config, remove_after_run: true } };
  return {
    faults,
    created: cluster.request,
    request: { plan_id, ...(name == null ? {} : { name }), run: settings, on, timing, overlap: form.overlap, ...(revision === null ? {} : { revision }) },
  };
}
