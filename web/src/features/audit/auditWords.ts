import type { AuditEntry } from "@/shared/api/types";
import type { ChipLook } from "@/shared/ui/Chip";

/** Actions whose text is not derived from the parts of the code. */
const ACTIONS: Record<string, string> = {
  "session.create": "sign in",
  "session.delete": "sign out",
  "session.company": "begin company sign-in",
  "account.password": "set password",
  "account.session.delete": "end session",
  "person.link": "create sign-in link",
  "run.tags": "set tags",
  "run.note": "set note",
  "run.baseline": "set baseline",
  "plan.move": "move file of plan",
  "run.annotation.create": "annotate run",
  "run.share.create": "create share link",
  "comparisons.share.create": "create share link",
};

/** `run.stop` as `stop run`: in a code the verb is last, in the text first. */
export function actionWords(action: string): string {
  const parts = action.replaceAll("_", " ").split(".");
  return ACTIONS[action] ?? [...parts.slice(-1), ...parts.slice(0, -1).filter((part) => part !== "account")].join(" ");
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
    case "schedule":
      return name === null ? "schedule" : `schedule ${name}`;
    case "none":
      return "sign-in page";
  }
}

const PLACES: Record<string, string> = { run: "/runs/", plan: "/plans/", cluster: "/clusters/", schedule: "/schedules/" };

/** The object's page, if its kind has one; the object may have been deleted. */
export function pathOf({ kind, thing }: Pick<AuditEntry, "kind" | "thing">): string | null {
  const place = kind === null ? undefined : PLACES[kind];
  return place === undefined || thing === null ? null : place + thing;
}
