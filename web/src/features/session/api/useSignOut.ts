import { useMutation, useQueryClient } from "@tanstack/react-query";
import { remove } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import { forgetPageSecret } from "@/shared/api/pageSecret";
import type { Session } from "@/shared/api/types";
import { BY_THEMSELVES, endSession } from "@/shared/session/endSession";

/** Ends this session; a company's session is ended on its own page, where there is one. */
export function useSignOut(leave: (url: string) => void = (url) => window.location.assign(url)) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove("/session"),
    // Before the server closes this page's connection and says why.
    onMutate: () => client.setQueryData(keys.signedOut, BY_THEMSELVES),
    onError: () => client.removeQueries({ queryKey: keys.signedOut }),
    onSuccess: () => {
      const url = client.getQueryData<Session | null>(keys.session)?.sign_out_url ?? null;
      // The browser's other pages see it go.
      forgetPageSecret();
      endSession(client);
      if (url !== null) leave(url);
    },
  });
}
