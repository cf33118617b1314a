import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";

/** The codes of what somebody may not do by their role, or because it is another's. */
const FORBIDDEN = ["not_owner", "not_administrator", "read_only_role"];

/** A refusal is final, a server that does not answer is asked again; a session that ended anywhere leads to the sign-in page. */
export function makeQueryClient(): QueryClient {
  const onError = (error: Error) => {
    // By its code: a wrong password is answered with the same status.
    if (!(error instanceof ApiError)) return;
    if (error.code === "signed_out") client.setQueryData(keys.session, null);
    // The page offered what the server refuses: its rights are older than the server's.
    if (FORBIDDEN.includes(error.code)) void client.invalidateQueries({ queryKey: keys.session });
  };
  const client = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 2000,
        retry: (failures, error) => failures < 3 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 500),
        retryDelay: (attempt) => Math.min(4000, 500 * 2 ** attempt),
        refetchIntervalInBackground: false,
      },
    },
  });
  return client;
}
