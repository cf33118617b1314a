/** Differences in the settings of two compared runs, and which failures are new or gone. Pure. */
import { measured } from "@/features/results/transactions";
import type { ComparedResult, ErrorType } from "@/shared/api/types";
import { formatCount } from "@/shared/format/numbers";
import { formatDuration } from "@/shared/format/time";

export interface Difference {
  key: string;
  name: string;
  before: string;
  after: string;
  /** The load is different: its effect on response times cannot be separated. */
  load: boolean;
}

/** Durations count as different from this share on; two runs never take exactly the same time. */
const OTHER_DURATION = 0.1;

/** In order of importance; null: the settings of one run are unknown. */
export function differencesOf(before: ComparedResult, after: ComparedResult): Difference[] | null {
  const [a, b] = [before.run, after.run];
  if (a === null || b === null) return null;
  const count = (value: number | null) => (value === null ? "unknown" : formatCount(value));
  const found: Difference[] = [];
  const add = (key: string, name: string, was: string, is: string, load = false) => {
    if (was !== is) found.push({ key, name, before: was, after: is, load });
  };
  add("users", "Users", count(a.users), count(b.users), true);
  add("workers", "Workers", count(a.workers), count(b.workers), a.users === null || b.users === null);
  const [one, other] = [measured(before.summary.total), measured(after.summary.total)];
  if (one !== null && other !== null && Math.abs(one - other) > OTHER_DURATION * Math.max(one, other)) add("duration", "Duration", formatDuration(one), formatDuration(other));
  add("plan", "Plan", a.plan, b.plan);
  if (a.plan === b.plan) add("revision", "Plan revision", count(a.plan_revision), count(b.plan_revision));
  add("machines", "Machines", a.machines ?? "unknown", b.machines ?? "unknown");
  add("jmeter", "JMeter", a.jmeter ?? "unknown", b.jmeter ?? "unknown");
  add("java", "Java", a.java.join(", ") || "unknown", b.java.join(", ") || "unknown");
  for (const name of namesOf(a.share, b.share)) add(`share ${name}`, `Total of ${name}`, count(a.share[name] ?? null), count(b.share[name] ?? null), true);
  for (const name of namesOf(a.properties, b.properties)) add(`property ${name}`, name, written(a.properties[name]), written(b.properties[name]));
  for (const name of namesOf(a.system_properties, b.system_properties)) add(`property -D${name}`, `-D${name}`, written(a.system_properties[name]), written(b.system_properties[name]));
  add("files", "Properties files", a.properties_files.join(", ") || "none", b.properties_files.join(", ") || "none");
  add("split", "Split files", a.split.join(", ") || "none", b.split.join(", ") || "none");
  return found;
}

function namesOf(a: Record<string, unknown>, b: Record<string, unknown>): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
}

function written(value: string | undefined): string {
  return value === undefined ? "not set" : value === "" ? "empty" : value;
}

export interface ErrorChanges {
  new: ErrorType[];
  gone: ErrorType[];
}

/** Types of failures that only one of them has, by code and the common part of their messages. */
export function errorChanges(before: ErrorType[], after: ErrorType[]): ErrorChanges {
  const key = ({ code, message }: ErrorType) => JSON.stringify([code, message]);
  const only = (these: ErrorType[], those: ErrorType[]) => {
    const known = new Set(those.map(key));
    return these.filter((each) => !known.has(key(each)));
  };
  return { new: only(after, before), gone: only(before, after) };
}
