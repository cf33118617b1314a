/** How to reach a total of users with a plan: a property that is divided by the number of workers, or a number of workers. JAC never changes the plan. Pure. */
import type { Check, ThreadGroup } from "@/shared/api/types";

export type TotalOf =
  /** The total is set by this property, of which each worker gets a part. */
  | { kind: "property"; name: string }
  /** Several numbers define it: each property has its own total. */
  | { kind: "properties"; names: string[] }
  /** A function or variable of the plan defines it, without a known property. */
  | { kind: "computed"; by: string }
  /** The plan has fixed numbers: each worker has this many users, whatever the total. */
  | { kind: "fixed"; each: number; groups: FixedGroup[] };

/** A thread group whose number could be a property of the plan. */
export interface FixedGroup {
  name: string;
  /** What JMeter's *Number of Threads* has to be for that. */
  expression: string;
}

/** null: neither the number nor its source is known. */
export function totalOf(check: Check): TotalOf | null {
  const groups = check.thread_groups.filter(({ enabled }) => enabled);
  const names = check.properties.map(({ name }) => name).filter((name) => countsUsers(check, name));
  const [name] = names;
  if (name !== undefined) {
    const [group, other] = groups.filter(({ raw }) => mentions(raw.threads, name));
    const isAll = groups.length === 1 || (group?.threads != null && group.threads === check.threads_per_node);
    return names.length === 1 && group !== undefined && other === undefined && isAll ? { kind: "property", name } : { kind: "properties", names };
  }
  const by = groups.find(({ raw }) => raw.threads != null)?.raw.threads;
  if (by != null) return { kind: "computed", by };
  const each = check.threads_per_node;
  if (each === null || each === 0) return null;
  return { kind: "fixed", each, groups: fixedGroups(groups) };
}

/** Whether it is in the number of threads of a thread group. A total of seconds or a port divided by the number of workers would make no sense. */
export function countsUsers(check: Check, name: string): boolean {
  return check.thread_groups.some(({ enabled, raw }) => enabled && mentions(raw.threads, name));
}

function mentions(expression: string | null | undefined, name: string): boolean {
  return (expression ?? "").split(/[^\w.-]+/).includes(name);
}

/** Other kinds of groups have their numbers in tables. */
function fixedGroups(groups: ThreadGroup[]): FixedGroup[] {
  const written = groups.filter(({ kind, threads }) => kind === "Thread Group" && threads !== null);
  return written.map(({ name, threads }, index) => ({ name, expression: `\${__P(users${written.length === 1 ? "" : index + 1},${threads ?? 1})}` }));
}

/** Numbers of workers that come nearest to a total with this many users each: one if it divides evenly, otherwise the next lower and higher. */
export function workersFor(total: number, each: number): number[] {
  const fewer = Math.floor(total / each);
  return total % each === 0 ? [fewer] : [fewer, fewer + 1].filter((workers) => workers > 0);
}

/** The error of a total that was entered if the plan has fixed numbers: a run would have a different one. */
export function fixedTotalFault(of: TotalOf | null, typed: string, workers: number): string | null {
  if (of?.kind !== "fixed" || typed.trim() === "" || workers < 1) return null;
  if (!/^[1-9]\d{0,8}$/.test(typed.trim())) return "Must be a whole number of users, or empty.";
  return Number(typed) === of.each * workers ? null : "The plan’s fixed numbers add up to a different total on these workers.";
}
