/** Plans and their checks, as the server returns them. */
import type { Check, Plan, ThreadGroup } from "@/shared/api/types";

/** Ann's plan, with criteria. */
export const PLAN: Plan = {
  id: "p-1",
  name: "shop",
  owner: { id: "u-1", name: "Ann" },
  team: null,
  created_ms: 0,
  revision: 1,
  ephemeral: false,
  keep: [],
  main_file: "shop.jmx",
  files: [],
  criteria: { version: 3, criteria: ["p95 > 800ms"], warm_up_s: 0, stop_rules: [] },
  bytes: 0,
  runs: 0,
  last_run: null,
};

/** `raw`: the function or variable for the number of threads; null: a number. */
export function threadGroup(name: string, raw: string | null, threads: number | null): ThreadGroup {
  return {
    name,
    kind: "Thread Group",
    enabled: true,
    threads,
    ramp_up_s: 0,
    loops: -1,
    duration_s: 90,
    delay_s: 0,
    raw: { threads: raw, ramp_up_s: null, loops: null, duration_s: null, delay_s: null },
  };
}

/** The check of that plan on two workers: 600 users on each, with the number in a property. */
export const CHECK: Check = {
  plan: "shop.jmx",
  test_name: null,
  workers: 2,
  thread_groups: [threadGroup("Users", "${__P(threads,600)}", 600)],
  threads_per_node: 600,
  total_threads: 1200,
  duration_s: 90,
  shape: { length_ms: 0, groups: [], total: [], notes: [] },
  data_files: [],
  properties: [{ name: "threads", default: "600", value: null }],
  findings: [],
  ok: true,
};
