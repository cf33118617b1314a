import { useState } from "react";
import { readMoment, writeMoment } from "./timeRange";
import { useTimeline } from "./timeline";

/** The zoom as two time fields, for users who cannot drag: by keyboard, by touch, or precise to the second. */
export function RangeFields({ onDone }: { onDone: () => void }) {
  const { range, zoom, base, originMs } = useTimeline();
  const how = { base, originMs };
  const [from, setFrom] = useState(writeMoment(range?.[0] ?? originMs, how));
  const [to, setTo] = useState(range === null ? "" : writeMoment(range[1], how));
  const [tried, setTried] = useState(false);
  const [fromMs, toMs] = [readMoment(from, how), readMoment(to, how)];
  const isRange = fromMs !== null && toMs !== null && fromMs < toMs;
  const example = base === "clock" ? "such as 14:03:09, with the date if it is another day" : "since the start, such as 5:30 or 1:05:30";
  const field = (name: string, value: string, wrong: boolean, put: (value: string) => void) => (
    <input
      className={`form-control form-control-sm ${tried && wrong ? "is-invalid" : ""}`}
      size={Math.max(8, value.length)}
      aria-label={`${name}, ${example}`}
      aria-invalid={tried && wrong}
      title={example}
      placeholder={name.toLowerCase()}
      autoComplete="off"
      value={value}
      onChange={({ target }) => put(target.value)}
    />
  );
  return (
    <form
      className="timeline-range"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (!isRange) return;
        zoom([fromMs, toMs]);
        onDone();
      }}
    >
      {field("From", from, fromMs === null, setFrom)}–{field("To", to, toMs === null || !isRange, setTo)}
      <button type="submit" className="btn btn-sm btn-outline-secondary">
        Zoom
      </button>
    </form>
  );
}
