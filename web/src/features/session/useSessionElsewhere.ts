import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { keys } from "@/shared/api/keys";
import { PAGE_SECRET_KEY } from "@/shared/api/pageSecret";
import { endSession } from "@/shared/session/endSession";

const reloadPage = () => window.location.reload();

/**
 * The pages of a browser share one session: signing in or out on another page applies here too, even without a connection to the server. A
 * page that shows one user's data is reloaded for the next user.
 */
export function useSessionElsewhere(reload: () => void = reloadPage): void {
  const client = useQueryClient();
  useEffect(() => {
    const onStorage = ({ key, newValue }: StorageEvent) => {
      if (key !== PAGE_SECRET_KEY) return;
      if (newValue === null) endSession(client);
      else if (client.getQueryData(keys.session) == null) void client.resetQueries({ queryKey: keys.session });
      else reload();
    };
    window.addEventListener("storage", onStorage);
    return () => window.removeEventListener("storage", onStorage);
  }, [client, reload]);
}
