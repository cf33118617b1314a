import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { TeamView } from "@/shared/api/types";

/** All teams with their members; administrators only. */
export function useTeams(asked = true) {
  return useQuery({ queryKey: keys.teams, queryFn: ({ signal }) => getJson<TeamView[]>("/teams", signal), enabled: asked });
}
