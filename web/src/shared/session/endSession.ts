/** What happens to an open page when its session ends, for whatever reason. */
import type { QueryClient } from "@tanstack/react-query";
import { closeConnection } from "@/shared/api/connection";
import { keys } from "@/shared/api/keys";

/** Instead of one of the server's codes under `keys.signedOut`: the user signed out and needs no message. */
export const BY_THEMSELVES = "by_themselves";

/** The user signed out in this browser, on this page or another: the open page is notified, and no data are kept. */
export function endSession(client: QueryClient): void {
  client.setQueryData(keys.signedOut, BY_THEMSELVES);
  client.setQueryData(keys.session, null);
  forgetSeen(client);
}

/** Removes all data that this user has seen, and stops requests for them. */
export function forgetSeen(client: QueryClient): void {
  closeConnection();
  // Everybody may see the ways to sign in, and the sign-in page may be waiting for them already.
  const kept: string[] = [keys.session[0], keys.signedOut[0], keys.signInOffer[0]];
  client.removeQueries({ predicate: ({ queryKey }) => !kept.includes(String(queryKey[0])) });
  client.getMutationCache().clear();
}
