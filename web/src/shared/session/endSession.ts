/** What becomes of an open page when nobody is signed in any more, whoever or whatever ended it. */
import type { QueryClient } from "@tanstack/react-query";
import { keys } from "@/shared/api/keys";
import { closeLiveSocket } from "@/shared/api/socket";

/** In place of a code of the server's under `keys.signedOut`: the person ended it, and needs no message. */
export const BY_THEMSELVES = "by_themselves";

/** Signed out by the person at this browser, on this page or another of it: the open page is notified, and nothing is kept. */
export function endSession(client: QueryClient): void {
  client.setQueryData(keys.signedOut, BY_THEMSELVES);
  client.setQueryData(keys.session, null);
  forgetSeen(client);
}

/** Nothing is kept of what this person saw, and nothing of it comes any more. */
export function forgetSeen(client: QueryClient): void {
  closeLiveSocket();
  // The ways to sign in are everybody's, and the sign-in page may be waiting for them already.
  const kept: string[] = [keys.session[0], keys.signedOut[0], keys.signInOffer[0]];
  client.removeQueries({ predicate: ({ queryKey }) => !kept.includes(String(queryKey[0])) });
  client.getMutationCache().clear();
}
