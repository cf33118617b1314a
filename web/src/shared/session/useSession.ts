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
  // Requested once: the socket reports changes.
  staleTime: Infinity,
});

/** The signed-in user; null if nobody is signed in. */
export function useSession() {
  return useQuery({
    ...sessionQuery,
    // Before anything is shown there is no connection whose return could trigger a retry.
    refetchInterval: (query) => (query.state.status === "error" ? 5000 : false),
  });
}

export interface Rights {
  may: (action: Action) => boolean;
  mayWrite: (thing: Owned) => boolean;
  mayShareWithTeam: (thing: Owned) => boolean;
}

/** The user's rights; none until the user is known. */
export function useRights(): Rights {
  const { data: session = null } = useSession();
  return {
    may: (action) => may(session, action),
    mayWrite: (thing) => mayWrite(session, thing),
    mayShareWithTeam: (thing) => mayShareWithTeam(session, thing),
  };
}
