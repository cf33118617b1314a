import { formatClock, formatTime, zoneName } from "@/shared/format/time";
import { Icon } from "@/shared/ui/Icon";
import { useTimeline } from "./timeline";

/** How time is written on all charts of the page, and the way back from a zoom. */
export function TimelineBar({ live }: { live: boolean }) {
  const { range, zoom, base, setBase, originMs, aligned } = useTimeline();
  const written = (ms: number) => (base === "clock" ? formatTime(ms) : formatClock((ms - originMs) / 1000));
  return (
    <div className="timeline-bar">
      {range !== null && (
        <button type="button" className="btn btn-sm btn-outline-secondary" onClick={() => zoom(null)}>
          <Icon name="zoom-out" /> {written(range[0])}–{written(range[1])}: show everything
        </button>
      )}
      {range === null && <span className="timeline-hint">{live && "Dashed: still filling. "}Drag over a chart to zoom.</span>}
      {!aligned && (
        <div className="btn-group btn-group-sm" role="group" aria-label="How time is written">
          <button type="button" className="btn btn-outline-secondary" aria-pressed={base === "clock"} onClick={() => setBase("clock")}>
            Clock, {zoneName(originMs)}
          </button>
          <button type="button" className="btn btn-outline-secondary" aria-pressed={base === "elapsed"} onClick={() => setBase("elapsed")}>
            Since start
          </button>
        </div>
      )}
    </div>
  );
}
