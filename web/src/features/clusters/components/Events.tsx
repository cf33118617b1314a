import type { Cluster } from "@/shared/api/types";
import { formatTimeNear } from "@/shared/format/time";
import { Loaded } from "@/shared/ui/Loaded";
import { Sentence } from "@/shared/ui/Sentence";
import { useNow } from "@/shared/ui/useNow";
import { useClusterEvents } from "../api/useClusterEvents";
import { foldProgress } from "../clusterEvents";
import { isSettled } from "../clusterWords";

/** A cluster's events, newest first; of a progress only the latest state. */
export function Events({ cluster }: { cluster: Cluster }) {
  const now = useNow(60_000);
  const query = useClusterEvents(cluster.id, isSettled(cluster.phase));
  return (
    <section className="card list-card" aria-label="Events">
      <header className="chart-head">
        <h2>Events</h2>
      </header>
      <div className="list-body">
        <Loaded query={query} what="Loading events…">
          {(events) => (
            <div className="events-scroll" role="region" aria-label="Event list" tabIndex={0}>
              <ol className="events">
                {/* They arrive oldest first, even those of the same millisecond. */}
                {foldProgress(events, cluster.ready_ms)
                  .toReversed()
                  .map((event) => (
                    <li key={`${event.at_ms} ${event.node ?? ""} ${event.message}`}>
                      <time>{formatTimeNear(event.at_ms, now)}</time>
                      <span>{event.node ?? ""}</span>
                      <span>
                        <Sentence text={event.message} />
                      </span>
                    </li>
                  ))}
                {events.length === 0 && <li className="text-muted">No events yet.</li>}
              </ol>
            </div>
          )}
        </Loaded>
      </div>
    </section>
  );
}
