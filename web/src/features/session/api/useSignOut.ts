import { useMutation, useQueryClient } from "@tanstack/react-query";
import { remove } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import { forgetPageSecret } from "@/shared/api/pageSecret";
import { closeLiveSocket } from "@/shared/api/socket";

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove("/session"),
    onSuccess: () => {
      closeLiveSocket();
      forgetPageSecret();
      client.clear();
      client.setQueryData(keys.session, null);
    },
  });
}
