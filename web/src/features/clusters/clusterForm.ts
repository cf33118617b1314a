/** The create form as it is typed, and what is wrong with it: all faults at once. Pure. */
import type { ClusterConfig, NewCluster } from "@/shared/api/types";

export interface ClusterForm {
  name: string;
  description: string;
  workers: string;
  heapMb: string;
  lifetimeMinutes: string;
  idleMinutes: string;
  removeAfterRun: boolean;
}

export type ClusterField = Exclude<keyof ClusterForm, "removeAfterRun">;
export type Faults = Partial<Record<ClusterField, string>>;

export function formFrom(config: ClusterConfig): ClusterForm {
  return {
    name: "",
    description: "",
    workers: String(config.workers),
    heapMb: config.heap_mb === null ? "" : String(config.heap_mb),
    lifetimeMinutes: String(config.lifetime_minutes),
    idleMinutes: config.idle_minutes === null ? "" : String(config.idle_minutes),
    removeAfterRun: config.remove_after_run,
  };
}

export interface Checked {
  /** null while there are faults. */
  request: NewCluster | null;
  faults: Faults;
}

export function checkForm(form: ClusterForm, maxWorkers: number): Checked {
  const faults: Faults = {};
  const name = form.name.trim();
  if (name.length > 80) faults.name = "A name has at most 80 characters.";
  const workers = whole(form.workers);
  if (workers === null || workers > maxWorkers) faults.workers = `Give a whole number from 0 to ${maxWorkers}. With 0 the master runs the plan alone.`;
  const heap = form.heapMb.trim() === "" ? "chosen" : whole(form.heapMb);
  if (heap === null || (heap !== "chosen" && (heap < 64 || heap > 1_048_576))) faults.heapMb = "Give at least 64 MB, or leave it empty and JAC chooses.";
  const lifetime = whole(form.lifetimeMinutes);
  if (lifetime === null || lifetime < 1 || lifetime > 60 * 24 * 30) faults.lifetimeMinutes = "Give at least 1 minute and at most 30 days (43,200).";
  const idle = form.idleMinutes.trim() === "" ? "never" : whole(form.idleMinutes);
  if (idle === null || (idle !== "never" && idle < 1)) faults.idleMinutes = "Give at least 1 minute, or leave it empty for no limit.";

  if (Object.keys(faults).length > 0 || workers === null || heap === null || lifetime === null || idle === null) return { request: null, faults };
  return {
    faults,
    request: {
      ...(name === "" ? {} : { name }),
      ...(form.description.trim() === "" ? {} : { description: form.description.trim() }),
      provider: "local",
      config: {
        workers,
        heap_mb: heap === "chosen" ? null : heap,
        lifetime_minutes: lifetime,
        idle_minutes: idle === "never" ? null : idle,
        remove_after_run: form.removeAfterRun,
      },
    },
  };
}

/** A whole number that is not negative; null for anything else. */
function whole(text: string): number | null {
  return /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : null;
}
