import { useState, type ReactNode } from "react";
import { zoneName, zoneWords } from "@/shared/format/time";
import { Icon } from "@/shared/ui/Icon";
import { RangeFields } from "./RangeFields";
import { writeMoment } from "./timeRange";
import { useTimeline } from "./timeline";

/** The shown time range of a running test. */
const WINDOWS = [
  { seconds: 60, name: "Last 1 min" },
  { seconds: 300, name: "Last 5 min" },
  { seconds: null, name: "All" },
];

/** The time format of all charts of the page, and the button to reset the zoom. */
export function TimelineBar({ live, children }: { live: boolean; children?: ReactNode }) {
  const { range, zoom, last, base, setBase, originMs, followed, aligned } = useTimeline();
  const zoomed = range !== null && last?.seconds == null;
  const [typing, setTyping] = useState(false);
  const written = (ms: number) => writeMoment(ms, { base, originMs });
  return (
    <div className="timeline-bar">
      {zoomed && (
        <button type="button" className="btn btn-sm btn-outline-secondary" onClick={() => zoom(null)}>
          <Icon name="zoom-out" /> Reset zoom{" "}
          <span className="wide-only">
            ({written(range[0])}–{written(range[1])})
          </span>
        </button>
      )}
      {range !== null && !followed && <span className="timeline-hint">Figures and tables: whole run.</span>}
      {range === null && !typing && <span className="timeline-hint">{live && "Dashed: incomplete interval. "}Drag to zoom.</span>}
      {typing && <RangeFields key={base} onDone={() => setTyping(false)} />}
      <button type="button" className="btn btn-quiet" aria-expanded={typing} aria-label="Zoom to a time range" title="Zoom to a time range" onClick={() => setTyping(!typing)}>
        <Icon name={typing ? "x" : "zoom-in"} />
      </button>
      {last !== null && (
        <div className="btn-group btn-group-sm" role="group" aria-label="Time shown">
          {WINDOWS.map(({ seconds, name }) => (
            <button key={name} type="button" className="btn btn-outline-secondary" aria-pressed={!zoomed && last.seconds === seconds} onClick={() => last.follow(seconds)}>
              {name}
            </button>
          ))}
        </div>
      )}
      {children}
      {!aligned && (
        <div className="btn-group btn-group-sm" role="group" aria-label="Time format">
          <button type="button" className="btn btn-outline-secondary" aria-pressed={base === "clock"} title={zoneWords(originMs)} onClick={() => setBase("clock")}>
            <span className="wide-only">Clock, </span>
            {zoneName(originMs)}
          </button>
          <button type="button" className="btn btn-outline-secondary" aria-pressed={base === "elapsed"} onClick={() => setBase("elapsed")}>
            Elapsed
          </button>
        </div>
      )}
    </div>
  );
}
