/** Fills the start dialog with a run's settings, so that it can be run again: the inverse of `runForm.ts`. Pure. */
import type { CheckProperty, Plan, Run, Schedule } from "@/shared/api/types";
import { judgedForm } from "./judgedForm";
import { EMPTY_FORM, type RunForm } from "./runForm";
import { MASK, withSecret } from "./secretNames";
import { FAILURES_FILE } from "./failedResponses";

/** The settings that a run and a schedule's run have in common. */
type Settings = Pick<Schedule["run"], "properties" | "system_properties" | "properties_files" | "split" | "min_workers" | "share" | "stop_timeout_s">;

/** `known`: the properties that the plan's check found, which have fields; the others are entered as lines. */
export function settingsForm(
  settings: Settings,
  known: CheckProperty[],
): Pick<RunForm, "properties" | "set" | "moreProperties" | "systemProperties" | "propertiesFiles" | "split" | "minWorkers" | "share" | "grace"> {
  const names = new Set(known.map(({ name }) => name));
  const properties = Object.entries(settings.properties);
  return {
    properties: Object.fromEntries(properties.filter(([name]) => names.has(name))),
    set: settings.properties,
    moreProperties: lines(properties.filter(([name]) => !names.has(name))),
    systemProperties: lines(Object.entries(settings.system_properties)),
    propertiesFiles: settings.properties_files,
    split: settings.split,
    minWorkers: settings.min_workers == null ? "" : String(settings.min_workers),
    share: lines(Object.entries(settings.share)),
    grace: settings.stop_timeout_s == null ? "" : String(settings.stop_timeout_s),
  };
}

/** The form of a run as it was started. Masked values are empty and have to be entered again: the server does not reveal them. */
export function formOfRun(run: Run, plan: Pick<Plan, "criteria" | "keep" | "revision">, known: CheckProperty[]): RunForm {
  const masked = [run.properties, run.system_properties].flatMap((all) => Object.keys(all).filter((name) => all[name] === MASK));
  const settings = { ...run, properties: withoutMasks(run.properties), system_properties: withoutMasks(run.system_properties) };
  const judged = { criteria: run.criteria_expressions, warm_up_s: run.warm_up_s, stop_rules: run.stop_rules };
  const keep = run.keep.filter((pattern) => !run.try_run || pattern !== FAILURES_FILE);
  return {
    ...EMPTY_FORM,
    ...settingsForm(settings, known),
    set: run.properties,
    planId: run.plan.id,
    clusterId: run.cluster.id,
    name: run.name === run.plan.name ? "" : run.name,
    secret: masked.reduce<string[]>((marked, name) => withSecret(marked, name, true), []),
    masked: [...new Set(masked)],
    // A try run has its own criteria: the run after it uses the plan's.
    judged: run.try_run || run.criteria_version === plan.criteria.version ? null : judgedForm(judged),
    results: run.results_choice,
    keep: JSON.stringify(keep) === JSON.stringify(plan.keep) ? null : keep,
    revision: run.plan_revision === plan.revision ? null : run.plan_revision,
  };
}

function withoutMasks(properties: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, value === MASK ? "" : value]));
}

function lines(properties: [string, string | number][]): string {
  return properties.map(([name, value]) => `${name}=${value}`).join("\n");
}
