/** Texts about schedules and the results of their times. Pure. */
import { providerWords, sizeWords } from "@/features/clusters/clusterWords";
import type { Firing, FiringState, Schedule, ScheduleState, Timing } from "@/shared/api/types";
import type { ChipLook } from "@/shared/ui/Chip";
import { PRESETS } from "./scheduleForm";

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** `Tue 2026-12-01 03:00, UTC+01:00` from `2026-12-01T03:00:00+01:00`: in the schedule's zone, whatever the viewer's is. */
export function localWords(local: string): string {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d)(:\d\d)?(.*)$/.exec(local);
  if (match === null) return local;
  const [, year = "", month = "", day = "", minute = "", second = "", offset = ""] = match;
  const weekday = DAYS[new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDay()] ?? "";
  const zone = offset === "" ? "" : /^[+-]00:00$/.test(offset) ? ", UTC" : `, UTC${offset}`;
  return `${weekday} ${year}-${month}-${day} ${minute}${second === ":00" ? "" : second}${zone}`;
}

/** `Every day at 03:00, Europe/Berlin`. */
export function timingWords(timing: Timing): string {
  return `${whenWords(timing)}, ${timing.zone}`;
}

/** The same without the zone, next to a time that has one. */
export function whenWords(timing: Timing): string {
  if (timing.kind === "once") return `Once, ${localWords(timing.at)}`;
  return PRESETS.find(({ expression }) => expression === timing.expression)?.word ?? timing.expression;
}

/** Where its runs take place. */
export function onWords(on: Schedule["on"]): string {
  if (on.kind === "cluster") return on.cluster_name;
  return `new for each run: ${sizeWords(on.config.workers)}, ${providerWords(on.provider)}`;
}

export const STATES: Record<ScheduleState, string> = { active: "active", paused: "paused", switched_off: "switched off", done: "done" };

export function stateChip({ state }: Pick<Schedule, "state">): ChipLook {
  switch (state) {
    case "active":
      return { tone: "good", word: STATES.active, icon: "clock" };
    case "paused":
      return { tone: "attention", word: STATES.paused, icon: "stop" };
    case "switched_off":
      return { tone: "failed", word: STATES.switched_off, icon: "x-circle" };
    case "done":
      return { tone: "ended", word: STATES.done, icon: "check-circle" };
  }
}

const FIRING_STATES: Record<FiringState, ChipLook> = {
  starting: { tone: "running", word: "starting", icon: "hourglass", spin: true },
  waiting: { tone: "running", word: "waiting", icon: "hourglass" },
  running: { tone: "running", word: "running", icon: "play" },
  finished: { tone: "good", word: "finished", icon: "check-circle" },
  failed: { tone: "failed", word: "run failed", icon: "x-circle" },
  not_started: { tone: "failed", word: "not started", icon: "x-circle" },
  skipped: { tone: "ended", word: "skipped", icon: "dash-circle" },
  missed: { tone: "attention", word: "missed", icon: "exclamation-triangle" },
};

/** How a run ended that neither failed nor completed successfully, by the firing's code. */
const FINISHED: Record<string, ChipLook> = {
  criteria_failed: { tone: "failed", word: "criteria failed", icon: "x-circle" },
  all_samples_failed: { tone: "attention", word: "all samples failed", icon: "exclamation-triangle" },
  no_samples: { tone: "attention", word: "no samples", icon: "exclamation-triangle" },
  auto_stopped: { tone: "failed", word: "stopped automatically", icon: "stop" },
  stopped: { tone: "ended", word: "stopped", icon: "stop" },
  run_deleted: { tone: "ended", word: "run deleted", icon: "dash-circle" },
};

export function firingChip({ state, code }: Pick<Firing, "state" | "code">): ChipLook {
  return (state === "finished" && code !== null ? FINISHED[code] : undefined) ?? FIRING_STATES[state];
}

/** The reason for its result; empty for a run that completed successfully. */
export function whyWords({ state, code, message, times }: Pick<Firing, "state" | "code" | "message" | "times">): string {
  const more = times > 1 ? `${times >= 1000 ? "1,000 or more" : times} times in a row. ` : "";
  return saysNothing({ state, code }) ? "" : `${more}${message ?? ""}`;
}

export function saysNothing({ state, code }: Pick<Firing, "state" | "code">): boolean {
  return state === "finished" && code === "completed";
}
