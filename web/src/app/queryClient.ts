import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";

/** Error codes for actions that a user's role does not permit, or that are only for the owner. */
const FORBIDDEN = ["not_owner", "not_administrator", "read_only_role"];

/** A rejected request is final; if the server does not answer, the request is retried; a session that has ended leads to the sign-in page. */
export function makeQueryClient(): QueryClient {
  const onError = (error: Error) => {
    // By its code: a wrong password has the same status.
    if (!(error instanceof ApiError)) return;
    if (error.code === "signed_out") client.setQueryData(keys.session, null);
    // The page offered an action that the server rejects: the page's copy of the user's rights is outdated.
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
