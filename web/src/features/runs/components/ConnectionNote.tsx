import { formatDuration, formatTimeNear } from "@/shared/format/time";
import type { Connection } from "@/shared/api/socket";
import { Icon } from "@/shared/ui/Icon";
import { useNow } from "@/shared/ui/useNow";

/** Says since when nothing comes any more. The test itself does not depend on this page. */
export function ConnectionNote({ connection, hasData }: { connection: Connection; hasData: boolean }) {
  if (connection.connected || connection.since_ms === null) return null;
  return <Lost since={connection.since_ms} hasData={hasData} />;
}

function Lost({ since, hasData }: { since: number; hasData: boolean }) {
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
        {hasData ? "Showing data from before the connection was lost. " : ""}The run continues; missing data is loaded after reconnecting.
      </div>
    </div>
  );
}
