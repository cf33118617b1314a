import { useSyncExternalStore } from "react";
import { connectionStore, type Connection } from "@/shared/api/connection";
import { formatDuration, formatTimeNear } from "@/shared/format/time";
import { Icon } from "./Icon";
import { useNow } from "./useNow";

export function useConnection(): Connection {
  return useSyncExternalStore(connectionStore.subscribe, connectionStore.get);
}

/** Changing to another transport or a server restart within a second shows no message; the first connection may take longer. */
const LOST_AFTER_MS = 1000;
const NEVER_AFTER_MS = 5000;
/** Meanwhile the WebSocket is tried in parallel with polling. */
const POLLING_AFTER_MS = 5000;

/** On every page: since when the connection is lost, or that it is slow. */
export function ConnectionNote() {
  const { connected, since_ms, was_connected, polling, refused } = useConnection();
  if (refused === "too_many_pages") return <TooMany />;
  if (since_ms === null) return null;
  if (connected) return polling ? <Polling since={since_ms} /> : null;
  return <Lost since={since_ms} afterMs={was_connected ? LOST_AFTER_MS : NEVER_AFTER_MS} />;
}

function Polling({ since }: { since: number }) {
  const now = useNow();
  if (now - since < POLLING_AFTER_MS) return null;
  return (
    <div className="note note-info" role="status" data-connection="polling">
      <Icon name="info-circle" />
      <div>
        <strong>WebSocket connections to the server are blocked.</strong> Live data is fetched with HTTP requests instead. A proxy in between must allow WebSocket connections to /socket.io.
      </div>
    </div>
  );
}

function TooMany() {
  return (
    <div className="note note-attention" role="status" data-connection="refused">
      <Icon name="exclamation-triangle" />
      <div>
        <strong>Too many JAC pages are open with your account.</strong> This one shows no live data until you close others.
      </div>
    </div>
  );
}

function Lost({ since, afterMs }: { since: number; afterMs: number }) {
  const now = useNow();
  if (now - since < afterMs) return null;
  return (
    <div className="note note-attention" role="status" data-connection="lost">
      <Icon name="wifi-off" />
      <div>
        <strong>
          No connection to the server since {formatTimeNear(since, now)} ({formatDuration((now - since) / 1000)}).
        </strong>{" "}
        Showing data from before the connection was lost. Runs continue; missing data is loaded after reconnecting.
      </div>
    </div>
  );
}
