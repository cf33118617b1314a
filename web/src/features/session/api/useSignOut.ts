import { useMutation, useQueryClient } from "@tanstack/react-query";
import { remove } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import { forgetPageSecret } from "@/shared/api/pageSecret";
import { closeLiveSocket } from "@/shared/api/socket";
import type { Session } from "@/shared/api/types";

/** Ends this session; a company's session is ended on its own page, where there is one. */
export function useSignOut(leave: (url: string) => void = (url) => window.location.assign(url)) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove("/session"),
    onSuccess: () => {
      const url = client.getQueryData<Session | null>(keys.session)?.sign_out_url ?? null;
      closeLiveSocket();
      forgetPageSecret();
      // Told to the pages that are open, and then nothing is kept of what this person saw.
      client.setQueryData(keys.session, null);
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.session[0] });
      if (url !== null) leave(url);
    },
  });
}
