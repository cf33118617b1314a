import type { AuditEntry } from "@/shared/api/types";
import type { ChipLook } from "@/shared/ui/Chip";

/** `run_start` as `run start`: actions are codes, and are read as such. */
export function actionWords(action: string): string {
  return action.replaceAll(/[._]/g, " ");
}

export function outcomeChip({ outcome, code }: Pick<AuditEntry, "outcome" | "code">): ChipLook {
  const why = code === null ? "" : `: ${code}`;
  switch (outcome) {
    case "done":
      return { tone: "good", word: "done", icon: "check-circle" };
    case "refused":
      return { tone: "attention", word: `refused${why}`, icon: "lock" };
    case "failed":
      return { tone: "failed", word: `failed${why}`, icon: "x-circle" };
  }
}

export function viaWords({ via, via_name: name }: Pick<AuditEntry, "via" | "via_name">): string {
  switch (via) {
    case "session":
      return "browser";
    case "token":
      return name === null ? "token" : `token ${name}`;
    case "shell":
      return "shell";
    default:
      return "not signed in";
  }
}

const PLACES: Record<string, string> = { run: "/runs/", plan: "/plans/", cluster: "/clusters/" };

/** Where the thing has a page; it may be gone. */
export function pathOf({ kind, thing }: Pick<AuditEntry, "kind" | "thing">): string | null {
  const place = kind === null ? undefined : PLACES[kind];
  return place === undefined || thing === null ? null : place + thing;
}
