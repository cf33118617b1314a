/** Numbers of a check in words. Pure. */
import type { Check, ThreadGroup } from "@/shared/api/types";
import { formatCount, plural } from "@/shared/format/numbers";
import { formatDuration } from "@/shared/format/time";

/** What will run: `60 users on each of 2 workers = 120 users, for 5 min`. */
export function totalWords(check: Check): string {
  const { threads_per_node: each, total_threads: total, workers } = check;
  const time = check.duration_s === null ? "until the plan ends" : `for ${formatDuration(check.duration_s)}`;
  if (each === null || total === null) return `Number of users set by properties, ${time}`;
  if (workers === 0) return `${plural(total, "user")} on the master, ${time}`;
  return `${plural(each, "user")} on each of ${plural(workers, "worker")} = ${plural(total, "user")}, ${time}`;
}

/** A number of a thread group, or the function it is computed by. */
export function groupNumber(group: ThreadGroup, field: "threads" | "ramp_up_s" | "duration_s" | "delay_s"): string {
  const value = group[field];
  if (value !== null) return field === "threads" ? formatCount(value) : formatDuration(value);
  const raw = group.raw[field];
  return raw === null || raw === "" ? "–" : raw;
}

export function loopWords(group: ThreadGroup): string {
  if (group.loops === -1) return "infinite";
  if (group.loops !== null) return formatCount(group.loops);
  return group.raw.loops ?? "–";
}
