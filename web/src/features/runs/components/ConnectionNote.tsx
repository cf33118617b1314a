import { formatDuration, formatTime } from "@/shared/format/time";
import type { Connection } from "@/shared/api/socket";
import { Icon } from "@/shared/ui/Icon";
import { useEffect, useState } from "react";

/** Says since when nothing comes any more. The test itself does not depend on this page. */
export function ConnectionNote({ connection, hasData }: { connection: Connection; hasData: boolean }) {
  if (connection.connected || connection.since_ms === null) return null;
  return <Lost since={connection.since_ms} hasData={hasData} />;
}

function Lost({ since, hasData }: { since: number; hasData: boolean }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  // A page that changes over or a server that restarts within a second needs no words.
  if (now - since < 1000) return null;
  return (
    <div className="note note-attention" role="status" data-connection="lost">
      <Icon name="wifi-off" />
      <div>
        <strong>
          No connection to the server since {formatTime(since)} ({formatDuration((now - since) / 1000)}).
        </strong>{" "}
        {hasData ? "What you see is from before. " : ""}The run goes on without this page; what is missed is fetched when the connection is back.
      </div>
    </div>
  );
}
