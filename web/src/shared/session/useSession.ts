import { queryOptions, useQuery } from "@tanstack/react-query";
import { ApiError, getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Owned, Session } from "@/shared/api/types";
import { may, mayShareWithTeam, mayWrite, type Action } from "./rights";

export const sessionQuery = queryOptions({
  queryKey: keys.session,
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      return await getJson<Session>("/session", signal);
    } catch (error) {
      if (error instanceof ApiError && (error.status === 401 || error.code === "foreign_request")) return null;
      throw error;
    }
  },
  // Asked for once: the socket says when it has changed.
  staleTime: Infinity,
});

/** Who is signed in; null for nobody. */
export function useSession() {
  return useQuery({
    ...sessionQuery,
    // Before anything is shown there is no connection whose return would be noticed.
    refetchInterval: (query) => (query.state.status === "error" ? 5000 : false),
  });
}

export interface Rights {
  may: (action: Action) => boolean;
  mayWrite: (thing: Owned) => boolean;
  mayShareWithTeam: (thing: Owned) => boolean;
}

/** What the person at this page may do; nothing until it is known who that is. */
export function useRights(): Rights {
  const { data: session = null } = useSession();
  return {
    may: (action) => may(session, action),
    mayWrite: (thing) => mayWrite(session, thing),
    mayShareWithTeam: (thing) => mayShareWithTeam(session, thing),
  };
}
