/** The start dialog as it is typed, the request it makes, and what is wrong with it: all faults at once. Pure. */
import type { CheckProperty, NewRun, ResultsChoice } from "@/shared/api/types";
import { checkJudged, type JudgedFaults, type JudgedForm } from "./judgedForm";

export interface RunForm {
  planId: string | null;
  clusterId: string | null;
  name: string;
  /** Only what was typed; other properties keep the plan's default. */
  properties: Record<string, string>;
  /** `name=value` on each line, for properties that the check did not see. */
  moreProperties: string;
  /** `name=value` on each line: Java system properties. */
  systemProperties: string;
  /** Names of properties whose values are masked; those whose names say so are masked anyway. */
  secret: string[];
  split: string[];
  /** The plan's files that every JMeter reads with -q. */
  propertiesFiles: string[];
  /** What judges and stops this run in place of what the plan keeps; null: the plan's. */
  judged: JudgedForm | null;
  grace: string;
  results: ResultsChoice;
  minWorkers: string;
  /** `name=total` on each line: totals that are divided among the workers. */
  share: string;
}

export interface RunFaults {
  plan?: string;
  cluster?: string;
  grace?: string;
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
  moreProperties: "",
  systemProperties: "",
  secret: [],
  split: [],
  propertiesFiles: [],
  judged: null,
  grace: "",
  results: "auto",
  minWorkers: "",
  share: "",
};

export function checkRunForm(form: RunForm, known: CheckProperty[], splittable: string[]): { request: NewRun | null; faults: RunFaults } {
  const judged = form.judged === null ? null : checkJudged(form.judged);
  const faults: RunFaults = { judged: judged?.faults ?? { criteria: {}, rules: {} } };
  if (form.planId === null) faults.plan = "Select a plan.";
  if (form.clusterId === null) faults.cluster = "Select a cluster that is ready.";
  const grace = form.grace.trim();
  if (grace !== "" && !/^\d{1,5}$/.test(grace)) faults.grace = "Must be a whole number of seconds, or empty.";

  const more = parseProperties(form.moreProperties);
  if (more.fault !== null) faults.moreProperties = more.fault;
  const system = parseProperties(form.systemProperties);
  if (system.fault !== null) faults.systemProperties = system.fault;

  const least = form.minWorkers.trim();
  if (least !== "" && !/^[1-9]\d{0,3}$/.test(least)) faults.minWorkers = "Must be a whole number of workers, or empty.";
  const share = parseTotals(form.share);
  if (share.fault !== null) faults.share = share.fault;

  const wrong = faults.plan ?? faults.cluster ?? faults.grace ?? faults.moreProperties ?? faults.systemProperties ?? faults.minWorkers ?? faults.share;
  if (wrong !== undefined || (judged !== null && judged.judged === null) || form.planId === null || form.clusterId === null) return { request: null, faults };
  const split = form.split.filter((path) => splittable.includes(path));
  const properties = { ...changed(form.properties, known), ...more.properties };
  // A mark on what is not sent, or on a line that was typed over, means nothing.
  const secret = form.secret.filter((name) => name in properties || name in system.properties);
  return {
    faults,
    request: {
      plan_id: form.planId,
      cluster_id: form.clusterId,
      ...(form.name.trim() === "" ? {} : { name: form.name.trim() }),
      properties,
      ...(Object.keys(system.properties).length === 0 ? {} : { system_properties: system.properties }),
      ...(secret.length === 0 ? {} : { secret }),
      properties_files: form.propertiesFiles,
      split,
      ...judged?.judged,
      ...(grace === "" ? {} : { grace_s: Number(grace) }),
      ...(form.results === "auto" ? {} : { results: form.results }),
      ...(least === "" ? {} : { min_workers: Number(least) }),
      ...(Object.keys(share.totals).length === 0 ? {} : { share: share.totals }),
    },
  };
}

/** Typed values that are not what the plan would take anyway. */
function changed(typed: Record<string, string>, known: CheckProperty[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const property of known) {
    const value = typed[property.name];
    if (value === undefined || value === (property.value ?? property.default ?? "")) continue;
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

/** The same of totals, which are whole numbers. */
export function parseTotals(text: string): { totals: Record<string, number>; fault: string | null } {
  const { properties, fault } = parseProperties(text);
  const wrong = Object.entries(properties).find(([, total]) => !/^\d{1,15}$/.test(total));
  if (fault !== null || wrong !== undefined) return { totals: {}, fault: fault ?? `The total of ${wrong?.[0]} must be a whole number.` };
  return { totals: Object.fromEntries(Object.entries(properties).map(([name, total]) => [name, Number(total)])), fault: null };
}
