import { useTimeline } from "@/shared/charts/timeline";
import { formatDuration, formatTimeNear } from "@/shared/format/time";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Icon } from "@/shared/ui/Icon";
import { Note } from "@/shared/ui/Note";
import { Waiting } from "@/shared/ui/Waiting";
import type { RampUp, ReportPart } from "../reportPart";

/** The time range of the figures, and a button to show the whole run again. */
export function PartHead({ part }: { part: ReportPart }) {
  const { originMs, zoom } = useTimeline();
  const { report, loading, error, retry } = part;
  const interval = report?.interval ?? null;
  return (
    <>
      {error !== null && <ErrorBox error={error} onRetry={retry} />}
      {loading && <Waiting what="Calculating the figures of the selected time range…" />}
      {interval !== null && (
        <p className="part-head" role="status">
          <Icon name="zoom-in" />
          <strong>
            {formatTimeNear(interval.from_ms, originMs)}–{formatTimeNear(interval.to_ms, originMs)} of the run
          </strong>
          <span className="text-muted">{formatDuration(Math.round((interval.to_ms - interval.from_ms) / 1000))}: figures, tables, errors and criteria</span>
          <button type="button" className="btn btn-sm btn-outline-secondary" onClick={() => zoom(null)}>
            Show the whole run
          </button>
        </p>
      )}
      {interval !== null && report?.summary.total.samples === 0 && <Note tone="attention">No samples ended in the selected time range.</Note>}
    </>
  );
}

/** Excludes the ramp-up with one click. */
export function CutRampUp({ rampUp, endMs }: { rampUp: RampUp; endMs: number }) {
  const { originMs, range, zoom } = useTimeline();
  if (range !== null || endMs <= rampUp.endMs) return null;
  const from = formatTimeNear(rampUp.endMs, originMs);
  return (
    <button
      type="button"
      className="btn btn-sm btn-outline-secondary"
      title={`Shows the run from ${from} on, when ${rampUp.users.toLocaleString("en-US")} users were active: as many as at any time.`}
      // Includes the last sample.
      onClick={() => zoom([rampUp.endMs, endMs + 1])}
    >
      Exclude ramp-up
    </button>
  );
}
