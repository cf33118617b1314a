import { useMutation, useQueryClient } from "@tanstack/react-query";
import { patchJson, postJson, remove } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { TeamView } from "@/shared/api/types";

export interface TeamSettings {
  name: string;
  /** IDs of users. */
  add: string[];
  remove: string[];
}

/** A new team gets its members in a second request. */
export function useSaveTeam(id: string | null) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ name, add, remove: removed }: TeamSettings) => {
      if (id !== null) return patchJson<TeamView>(`/teams/${id}`, { name, add, remove: removed });
      const team = await postJson<TeamView>("/teams", { name });
      return add.length === 0 ? team : patchJson<TeamView>(`/teams/${team.id}`, { add });
    },
    // Also after a failure between the two requests.
    onSettled: () => Promise.all([keys.teams, keys.people, keys.session].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}

export function useDeleteTeam(id: string) {
  const client = useQueryClient();
  return useMutation({ mutationFn: () => remove(`/teams/${id}`), onSuccess: () => client.invalidateQueries() });
}
