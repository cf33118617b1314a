/** The start dialog's form, its request, and its errors: all at once. Pure. */
import type { CheckProperty, NewRun, ResultsChoice } from "@/shared/api/types";
import { checkJudged, type JudgedFaults, type JudgedForm } from "./judgedForm";

export interface RunForm {
  planId: string | null;
  clusterId: string | null;
  name: string;
  /** Only changed ones; other properties keep the plan's default. */
  properties: Record<string, string>;
  /** Set by the run or schedule that fills the form initially: sent even if the plan's default is now the same. */
  set: Record<string, string>;
  /** `name=value` on each line, for properties that the check did not find. */
  moreProperties: string;
  /** `name=value` on each line: Java system properties. */
  systemProperties: string;
  /** Names of properties whose values are masked; those with a secret's name are masked anyway. */
  secret: string[];
  /** Names of the earlier run's secrets: their values are unknown here, and have to be entered again. */
  masked: string[];
  /** Patterns of the files to keep; null: the plan's. */
  keep: string[] | null;
  /** The plan's revision to run; null: the newest. */
  revision: number | null;
  split: string[];
  /** The plan's files that every JMeter reads with -q. */
  propertiesFiles: string[];
  /** Criteria and automatic stop of this run instead of the plan's; null: the plan's. */
  judged: JudgedForm | null;
  grace: string;
  results: ResultsChoice;
  minWorkers: string;
  /** `name=total` on each line: totals that are divided by the number of workers. */
  share: string;
  /** The total of users that was entered if the plan has fixed numbers: it is not sent, because a plan's numbers are never changed. */
  users: string;
  /** A try run: 1 user and 1 iteration of each thread group on 1 node. */
  tryRun: boolean;
}

export interface RunFaults {
  plan?: string;
  cluster?: string;
  grace?: string;
  /** By the property's name. */
  properties?: Record<string, string>;
  moreProperties?: string;
  systemProperties?: string;
  minWorkers?: string;
  share?: string;
  judged: JudgedFaults;
}

export const EMPTY_FORM: RunForm = {
  planId: null,
  clusterId: null,
  name: "",
  properties: {},
  set: {},
  moreProperties: "",
  systemProperties: "",
  secret: [],
  masked: [],
  keep: null,
  revision: null,
  split: [],
  propertiesFiles: [],
  judged: null,
  grace: "",
  results: "auto",
  minWorkers: "",
  share: "",
  users: "",
  tryRun: false,
};

/** The form with another plan: everything else that belongs to a plan starts again, with the marks of secrets and the values that they mark. */
export function withPlan({ clusterId, name, grace, results, minWorkers, tryRun }: RunForm, planId: string | null): RunForm {
  return { ...EMPTY_FORM, planId, clusterId, name, grace, results, minWorkers, tryRun };
}

/** The settings of a run, without its cluster and its criteria. */
export type RunSettings = Omit<NewRun, "plan_id" | "cluster_id" | "criteria" | "warm_up_s" | "stop_rules">;

/** The settings that can be parsed: invalid ones are left out. */
export function settingsOf(form: RunForm, known: CheckProperty[], splittable: string[]): RunSettings {
  const properties = { ...changed(form, known), ...parseProperties(form.moreProperties).properties };
  const system = parseProperties(form.systemProperties).properties;
  const share = parseTotals(form.share).totals;
  // A mark on a value that is not sent, or on an overwritten line, has no effect.
  const secret = form.secret.filter((name) => name in properties || name in system);
  const [name, grace, least] = [form.name.trim(), form.grace.trim(), form.minWorkers.trim()];
  return {
    ...(form.revision === null ? {} : { plan_revision: form.revision }),
    ...(name === "" ? {} : { name }),
    properties,
    ...(Object.keys(system).length === 0 ? {} : { system_properties: system }),
    ...(secret.length === 0 ? {} : { secret }),
    properties_files: form.propertiesFiles,
    split: form.split.filter((path) => splittable.includes(path)),
    ...(form.keep === null ? {} : { keep: form.keep }),
    ...(grace === "" ? {} : { stop_timeout_s: Number(grace) }),
    // A try run has no tolerated worker losses and no choice of the path of results.
    ...(form.results === "auto" || form.tryRun ? {} : { results: form.results }),
    ...(least === "" || form.tryRun ? {} : { min_workers: Number(least) }),
    ...(Object.keys(share).length === 0 ? {} : { share }),
    ...(form.tryRun ? { try_run: true } : {}),
  };
}

export function checkRunForm(form: RunForm, known: CheckProperty[], splittable: string[]): { request: NewRun | null; faults: RunFaults } {
  // A try run has its own criteria.
  const judged = form.judged === null || form.tryRun ? null : checkJudged(form.judged);
  const faults: RunFaults = { judged: judged?.faults ?? { criteria: {}, rules: {} } };
  if (form.planId === null) faults.plan = "Select a plan.";
  if (form.clusterId === null) faults.cluster = "Select a cluster.";
  const grace = form.grace.trim();
  if (grace !== "" && !/^\d{1,5}$/.test(grace)) faults.grace = "Must be a whole number of seconds, or empty.";

  const unknown = known.filter(({ name }) => form.masked.includes(name) && form.properties[name] === "");
  if (unknown.length > 0) faults.properties = Object.fromEntries(unknown.map(({ name }) => [name, "Enter the value again."]));
  const more = faultOfLines(form.moreProperties, form.masked);
  if (more !== null) faults.moreProperties = more;
  const system = faultOfLines(form.systemProperties, form.masked);
  if (system !== null) faults.systemProperties = system;

  const least = form.minWorkers.trim();
  if (least !== "" && !/^[1-9]\d{0,3}$/.test(least)) faults.minWorkers = "Must be a whole number of workers, or empty.";
  const share = parseTotals(form.share);
  if (share.fault !== null) faults.share = share.fault;

  // The fields of criteria always exist, and may be empty.
  if (Object.keys(faults).length > 1 || (judged !== null && judged.judged === null) || form.planId === null || form.clusterId === null) return { request: null, faults };
  return { faults, request: { plan_id: form.planId, cluster_id: form.clusterId, ...settingsOf(form, known, splittable), ...judged?.judged } };
}

/** Whether a property's value is a total that is divided by the number of workers. */
export function isTotal(form: RunForm, name: string): boolean {
  return totalOfProperty(form, name) !== null;
}

/** The entered total of a property; null: the value applies to each worker. */
export function totalOfProperty(form: RunForm, name: string): string | null {
  return parseProperties(form.share).properties[name] ?? null;
}

/** The form with a total of that property; null: the value applies to each worker again. Other lines are unchanged. */
export function withTotal(form: RunForm, name: string, total: string | null): RunForm {
  const { [name]: own, ...properties } = form.properties;
  const value = total ?? totalOfProperty(form, name) ?? own;
  const lines = form.share.split(/\r?\n/).filter((line) => line.trim() !== "");
  const isOf = (line: string) => line.slice(0, Math.max(0, line.indexOf("="))).trim() === name;
  if (total === null) return { ...form, share: lines.filter((line) => !isOf(line)).join("\n"), properties: value === undefined ? properties : { ...properties, [name]: value } };
  const changed = lines.some(isOf) ? lines.map((line) => (isOf(line) ? `${name}=${total}` : line)) : [...lines, `${name}=${total}`];
  return { ...form, share: changed.join("\n"), properties };
}

/** The form without a total of that property, which gets the plan's value again: a total is not a value for each worker. */
export function withoutTotal(form: RunForm, name: string): RunForm {
  const each = withTotal(form, name, null);
  return { ...each, properties: Object.fromEntries(Object.entries(each.properties).filter(([known]) => known !== name)) };
}

function faultOfLines(text: string, masked: string[]): string | null {
  const { properties, fault } = parseProperties(text);
  const missing = Object.keys(properties).find((name) => properties[name] === "" && masked.includes(name));
  return fault ?? (missing === undefined ? null : `Enter the value of ${missing} again.`);
}

/** Entered values without those equal to the plan's defaults: for the newest revision only, because `known` is of that one, and only if no run or schedule had set them before. */
function changed({ properties, set, revision }: Pick<RunForm, "properties" | "set" | "revision">, known: CheckProperty[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const property of known) {
    const value = properties[property.name];
    const [plain, before] = [property.value ?? property.default, set[property.name]];
    if (value === undefined) continue;
    // An emptied field without a default is not set.
    if (value === "" && plain === null && before !== "") continue;
    if (before === undefined && revision === null && value === plain) continue;
    found[property.name] = value;
  }
  return found;
}

export function parseProperties(text: string): { properties: Record<string, string>; fault: string | null } {
  const properties: Record<string, string> = {};
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const at = line.indexOf("=");
    const name = line.slice(0, at).trim();
    if (at < 1 || name === "" || /\s/.test(name)) return { properties, fault: `Line ${index + 1} must be name=value.` };
    properties[name] = line.slice(at + 1).trim();
  }
  return { properties, fault: null };
}

/** The same for totals, which are whole numbers. */
export function parseTotals(text: string): { totals: Record<string, number>; fault: string | null } {
  const { properties, fault } = parseProperties(text);
  const wrong = Object.entries(properties).find(([, total]) => !/^\d{1,15}$/.test(total));
  if (fault !== null || wrong !== undefined) return { totals: {}, fault: fault ?? `The total of ${wrong?.[0]} must be a whole number.` };
  return { totals: Object.fromEntries(Object.entries(properties).map(([name, total]) => [name, Number(total)])), fault: null };
}
