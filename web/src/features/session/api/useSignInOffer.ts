import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { SignInOffer } from "@/shared/api/types";

/** The ways to sign in on this server. */
export function useSignInOffer() {
  return useQuery({ queryKey: keys.signInOffer, queryFn: ({ signal }) => getJson<SignInOffer>("/sign-in", signal), staleTime: 60_000 });
}
