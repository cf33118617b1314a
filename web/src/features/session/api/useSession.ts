import { useQuery } from "@tanstack/react-query";
import { ApiError, getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Session } from "@/shared/api/types";

/** Who is signed in; null for nobody. */
export function useSession() {
  return useQuery({
    queryKey: keys.session,
    queryFn: async ({ signal }): Promise<Session | null> => {
      try {
        return await getJson<Session>("/session", signal);
      } catch (error) {
        if (error instanceof ApiError && (error.status === 401 || error.code === "foreign_request")) return null;
        throw error;
      }
    },
    staleTime: 60_000,
    // Before anything is shown there is no connection whose return would be noticed.
    refetchInterval: (query) => (query.state.status === "error" ? 5000 : false),
  });
}
