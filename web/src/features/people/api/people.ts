import { useMutation, useQueryClient } from "@tanstack/react-query";
import { patchJson, postJson, remove } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Invited, NewUser, OneTimeLink, UserChange, UserView } from "@/shared/api/types";

/** Users, with their teams. The user's own session says whether there are others. */
function useRefresh() {
  const client = useQueryClient();
  return () => Promise.all([keys.people, keys.teams, keys.session].map((queryKey) => client.invalidateQueries({ queryKey })));
}

export function useInvite() {
  const refresh = useRefresh();
  // The link exists only while its dialog is open, and nowhere else.
  return useMutation({ gcTime: 0, mutationFn: (user: NewUser) => postJson<Invited>("/people", user), onSuccess: refresh });
}

export function useChangePerson(id: string) {
  const refresh = useRefresh();
  return useMutation({ mutationFn: (change: UserChange) => patchJson<UserView>(`/people/${id}`, change), onSuccess: refresh });
}

/** A link with which a user signs in once and sets a new password. */
export function useResetLink(id: string) {
  return useMutation({ gcTime: 0, mutationFn: () => postJson<OneTimeLink>(`/people/${id}/link`) });
}

/** What the user owned goes to `to`; with null their clusters are terminated, and plans and runs go to the administrator who deletes them. */
export function useRemovePerson(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (to: string | null) => remove(`/people/${id}${to === null ? "" : `?${new URLSearchParams({ to }).toString()}`}`),
    // What they owned has another owner now.
    onSuccess: () => client.invalidateQueries(),
  });
}
