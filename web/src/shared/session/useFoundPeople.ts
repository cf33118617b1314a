import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { UserView } from "@/shared/api/types";
import { useFirstRows } from "@/shared/lists/usePages";

/** The first users that match a search, for a choice. */
export function useFoundPeople(search: Record<string, string>, asked = true) {
  const given = Object.entries(search).filter(([, value]) => value !== "");
  return useFirstRows<UserView>("people", new URLSearchParams(given).toString(), 50, false, asked);
}

/** The user with that ID; null: no request. */
export function usePerson(id: string | null) {
  return useQuery({ queryKey: keys.person(id ?? ""), queryFn: ({ signal }) => getJson<UserView>(`/people/${id ?? ""}`, signal), enabled: id !== null });
}
