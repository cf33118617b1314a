import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { keys } from "@/shared/api/keys";
import { noteConnection } from "@/shared/api/connection";
import type { JacSocket } from "@/shared/api/socket";
import type { Changed, SignedOut } from "@/shared/api/types";
import { BY_THEMSELVES, forgetSeen } from "@/shared/session/endSession";
import { sessionQuery } from "@/shared/session/useSession";

/** Refetches what the server says has changed. After a reconnect it refetches everything, because changes may have been missed. */
export function useChanges(): void {
  const client = useQueryClient();
  useEffect(() => {
    let left = false;
    let stop = () => {};
    // The page is shown without it.
    import("@/shared/api/socket").then(
      ({ liveSocket }) => {
        if (!left) stop = listen(liveSocket(), client);
      },
      () => noteConnection({ connected: false }),
    );
    return () => {
      left = true;
      stop();
    };
  }, [client]);
}

function listen(socket: JacSocket, client: QueryClient): () => void {
  let connectedBefore = socket.connected;
  const onChanged = ({ kind }: Changed) => {
    // Lists and single objects of a kind share the first part of their key.
    void client.invalidateQueries(kind === "all" ? {} : { queryKey: kind === "session" ? keys.session : [`${kind}s`] });
    if (kind === "run") void client.invalidateQueries({ queryKey: ["run-artefacts"] });
  };
  const onConnect = () => {
    if (connectedBefore) void client.invalidateQueries();
    connectedBefore = true;
  };
  const onSignedOut = ({ code }: SignedOut) => void afterSignOut(client, code);
  const onRefused = (error: Error) => {
    if (error.message === "signed_out") void afterSignOut(client, error.message);
  };
  socket.on("changed", onChanged);
  socket.on("signed_out", onSignedOut);
  socket.on("connect_error", onRefused);
  socket.on("connect", onConnect);
  return () => {
    socket.off("changed", onChanged);
    socket.off("signed_out", onSignedOut);
    socket.off("connect_error", onRefused);
    socket.off("connect", onConnect);
  };
}

/**
 * The server closes the connection when the session ends and when its rights change. After a change of rights the connection is
 * re-established automatically, and everything fetched again; otherwise the sign-in page shows the reason.
 */
export async function afterSignOut(client: QueryClient, code: string): Promise<void> {
  if (client.getQueryData(keys.signedOut) === BY_THEMSELVES) return;
  // Before the answer, which may open the sign-in page at once.
  client.setQueryData(keys.signedOut, code);
  const session = await client.query({ ...sessionQuery, staleTime: 0 }).catch(() => undefined);
  // Not retried: the session has to be re-established first.
  if (session === null) forgetSeen(client);
  else client.removeQueries({ queryKey: keys.signedOut });
}
