import { useMutation, useQueryClient } from "@tanstack/react-query";
import { remove } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import { forgetPageSecret } from "@/shared/api/pageSecret";
import type { Session } from "@/shared/api/types";
import { BY_THEMSELVES, endSession } from "@/shared/session/endSession";

/** Ends this session; with single sign-on, also the provider's session on its own page, if it has one. */
export function useSignOut(leave: (url: string) => void = (url) => window.location.assign(url)) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove("/session"),
    // Set before the server closes this page's connection with its reason.
    onMutate: () => client.setQueryData(keys.signedOut, BY_THEMSELVES),
    onError: () => client.removeQueries({ queryKey: keys.signedOut }),
    onSuccess: () => {
      const url = client.getQueryData<Session | null>(keys.session)?.sign_out_url ?? null;
      // Signs out the browser's other pages.
      forgetPageSecret();
      endSession(client);
      if (url !== null) leave(url);
    },
  });
}
