import type { Cluster } from "@/shared/api/types";
import { formatTime } from "@/shared/format/time";
import { Loaded } from "@/shared/ui/Loaded";
import { useClusterEvents } from "../api/useClusterEvents";
import { foldProgress } from "../clusterEvents";
import { isSettled } from "../clusterWords";

/** What happened to a cluster, the newest first; of a progress only where it is now. */
export function Events({ cluster }: { cluster: Cluster }) {
  const query = useClusterEvents(cluster.id, isSettled(cluster.phase));
  return (
    <section className="card list-card" aria-label="What happened">
      <header className="chart-head">
        <h3>What happened</h3>
      </header>
      <div className="list-body">
        <Loaded query={query} what="Fetching what happened…">
          {(events) => (
            <ol className="events">
              {/* They come oldest first, also those of one millisecond. */}
              {foldProgress(events, cluster.ready_ms)
                .toReversed()
                .map((event) => (
                  <li key={`${event.at_ms} ${event.node ?? ""} ${event.text}`}>
                    <time>{formatTime(event.at_ms)}</time>
                    <span>{event.node ?? ""}</span>
                    <span>{event.text}</span>
                  </li>
                ))}
              {events.length === 0 && <li className="text-muted">Nothing yet.</li>}
            </ol>
          )}
        </Loaded>
      </div>
    </section>
  );
}
