import { useFirstRows } from "@/shared/lists/usePages";
import type { TeamView } from "@/shared/api/types";

/** Maximum number of teams in a choice; the others are found by name. */
const MOST_CHOICES = 200;

/** Teams whose names contain the text, sorted by name. */
export function useTeams(text = "", asked = true) {
  return useFirstRows<TeamView>("teams", text === "" ? "" : new URLSearchParams({ text }).toString(), MOST_CHOICES, false, asked);
}
