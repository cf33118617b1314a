import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { keys } from "@/shared/api/keys";
import { closeLiveSocket, liveSocket } from "@/shared/api/socket";
import type { Changed } from "@/shared/api/types";

/** The server says what changed; whatever shows it is fetched again. After a reconnect everything is, for what was missed. */
export function useChanges(): void {
  const client = useQueryClient();
  useEffect(() => {
    const socket = liveSocket();
    let connectedBefore = socket.connected;
    const onChanged = ({ kind }: Changed) => {
      // Lists and single things of a kind share the first part of their key.
      void client.invalidateQueries(kind === "all" ? {} : { queryKey: [`${kind}s`] });
      if (kind === "run") void client.invalidateQueries({ queryKey: ["run-artefacts"] });
    };
    const onConnect = () => {
      if (connectedBefore) void client.invalidateQueries();
      connectedBefore = true;
    };
    const onSignedOut = () => {
      // Not tried again: the session has to be made anew first.
      closeLiveSocket();
      client.setQueryData(keys.session, null);
    };
    socket.on("changed", onChanged);
    socket.on("signed_out", onSignedOut);
    const onRefused = (error: Error) => {
      if (error.message === "signed_out") onSignedOut();
    };
    socket.on("connect_error", onRefused);
    socket.on("connect", onConnect);
    return () => {
      socket.off("changed", onChanged);
      socket.off("signed_out", onSignedOut);
      socket.off("connect_error", onRefused);
      socket.off("connect", onConnect);
    };
  }, [client]);
}
