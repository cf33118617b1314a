/** Phase, cause and verdict in words, icons and tones: the only place that decides them. */
import type { Cause, RunPhase, Verdict } from "@/shared/api/types";
import type { ChipLook } from "@/shared/ui/Chip";

export function phaseChip(phase: RunPhase, cause: Cause | null, stopRequested: "graceful" | "cut" | null): ChipLook {
  if (phase !== "finished" && stopRequested !== null) {
    return { tone: "attention", word: stopRequested === "graceful" ? "stopping" : "cutting", icon: "hourglass" };
  }
  switch (phase) {
    case "queued":
      return { tone: "running", word: "queued", icon: "clock" };
    case "preparing":
      return { tone: "running", word: "preparing", icon: "hourglass" };
    case "running":
      return { tone: "running", word: "running", icon: "play" };
    case "collecting":
      return { tone: "running", word: "collecting", icon: "hourglass" };
    case "finished":
      return causeChip(cause);
  }
}

export function causeChip(cause: Cause | null): ChipLook {
  if (cause === null) return { tone: "ended", word: "ended", icon: "check-circle" };
  switch (cause.kind) {
    case "completed":
      return { tone: "good", word: "completed", icon: "check-circle" };
    case "stopped":
      return { tone: "ended", word: cause.how === "cut" ? "cut" : "stopped", icon: "stop" };
    case "failed":
      return { tone: "failed", word: "failed", icon: "x-circle" };
  }
}

/** null where there were no criteria to judge by. */
export function verdictChip(verdict: Verdict): ChipLook | null {
  if (verdict === "passed") return { tone: "good", word: "criteria met", icon: "check-circle" };
  if (verdict === "failed") return { tone: "failed", word: "criteria not met", icon: "x-circle" };
  return null;
}

export function causeSentence(cause: Cause): string {
  switch (cause.kind) {
    case "completed":
      return "The plan ran to its end.";
    case "stopped":
      return cause.how === "cut" ? `Cut by ${cause.by}.` : `Stopped by ${cause.by}; users finished what they were doing.`;
    case "failed":
      return cause.reason;
  }
}
