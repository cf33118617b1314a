import { useSyncExternalStore } from "react";
import { connectionStore, type Connection } from "@/shared/api/socket";
import { formatDuration, formatTimeNear } from "@/shared/format/time";
import { Icon } from "./Icon";
import { useNow } from "./useNow";

export function useConnection(): Connection {
  return useSyncExternalStore(connectionStore.subscribe, connectionStore.get);
}

/** On every page: since when nothing comes any more. Tests do not depend on it. */
export function ConnectionNote() {
  const connection = useConnection();
  if (connection.refused === "too_many_pages") return <TooMany />;
  if (connection.connected || connection.since_ms === null) return null;
  return <Lost since={connection.since_ms} />;
}

function TooMany() {
  return (
    <div className="note note-attention" role="status" data-connection="refused">
      <Icon name="exclamation-triangle" />
      <div>
        <strong>Too many pages of JAC are open under your name.</strong> This one shows no live data until you close others.
      </div>
    </div>
  );
}

function Lost({ since }: { since: number }) {
  const now = useNow();
  // A page that changes over or a server that restarts within a second needs no words.
  if (now - since < 1000) return null;
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
