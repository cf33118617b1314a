/** Numbers of a check as text. Pure. */
import type { Check, ThreadGroup } from "@/shared/api/types";
import { formatCount, plural } from "@/shared/format/numbers";
import { formatDuration } from "@/shared/format/time";

/** The load: `500 users on each of 3 workers = 1,500 users, ramp-up 1 min, for 10 min`. */
export function totalWords(check: Check): string {
  const { threads_per_node: each, total_threads: total, workers } = check;
  const time = `${rampUpWords(check)}${check.duration_s === null ? "until the plan ends" : `for ${formatDuration(check.duration_s)}`}`;
  if (each === null || total === null) return `Number of users set by properties, ${time}`;
  // Shares of a total: the first worker has the largest one.
  if (workers > 0 && each * workers !== total) return `${plural(total, "user")} on ${plural(workers, "worker")}, up to ${formatCount(each)} each, ${time}`;
  if (workers === 0) return `${plural(total, "user")} on the master, ${time}`;
  return `${plural(each, "user")} on each of ${plural(workers, "worker")} = ${plural(total, "user")}, ${time}`;
}

/** The duration of the longest thread group, if all are known. */
function rampUpWords(check: Check): string {
  const enabled = check.thread_groups.filter((group) => group.enabled);
  const longest = Math.max(0, ...enabled.map((group) => group.ramp_up_s ?? 0));
  return longest === 0 || enabled.some((group) => group.ramp_up_s === null) ? "" : `ramp-up ${formatDuration(longest)}, `;
}

/** A number of a thread group, or the function that computes it. */
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
