import { useFirstRows } from "@/shared/lists/usePages";
import type { TeamView } from "@/shared/api/types";

/** The most teams of one choice; the others are found by their names. */
const MOST_CHOICES = 200;

/** Teams by name, those in whose name the text is. */
export function useTeams(text = "", asked = true) {
  return useFirstRows<TeamView>("teams", text === "" ? "" : new URLSearchParams({ text }).toString(), MOST_CHOICES, false, asked);
}
