import { useRef, useState } from "react";
import { formatClock, formatTimeNear } from "@/shared/format/time";
import { useTheme } from "@/shared/ui/theme";
import { ChartCard, ON_SCREEN, PRINTED, useChartState, type ChartProps } from "./ChartCard";
import type { ChartContent } from "./chartTypes";
import { chartColours } from "./palette";
import { useTimeline } from "./timeline";
import { useUplot } from "./useUplot";

interface Props extends ChartProps {
  content: ChartContent;
  lastSampleMs?: number | null;
  /** The connection is lost: the data shown are outdated. */
  stale?: boolean;
  empty?: string;
}

/** A chart over time. Without a cursor its legend has the newest settled values while the test runs. */
export function TimeChart({ content, lastSampleMs, stale, empty, ...props }: Props) {
  const { scheme, printing } = useTheme();
  const timeline = useTimeline();
  const state = useChartState();
  const [cursor, setCursor] = useState<number | null>(null);
  const host = useRef<HTMLDivElement>(null);
  const chart = useUplot({
    host,
    content,
    look: {
      colours: chartColours(scheme),
      y: state.y,
      base: timeline.base,
      cursorKey: timeline.cursorKey,
      hidden: state.hidden,
      format: props.format,
      steps: props.steps ?? "any",
    },
    timeline,
    size: printing ? PRINTED : ON_SCREEN,
    lastSampleMs: lastSampleMs ?? null,
    onCursor: setCursor,
  });
  const row = cursor ?? newestSettled(content);
  const nameOf = (time: number) => (timeline.base === "clock" ? formatTimeNear(time, timeline.originMs) : formatClock((time - timeline.originMs) / 1000));
  const time = row === null || row < 0 ? undefined : content.times[row];
  return (
    <ChartCard
      {...props}
      state={state}
      lines={content.lines}
      rows={{
        head: "Time",
        count: content.times.length,
        nameOf: (at) => nameOf(content.times[at] ?? 0),
        csv: () => content.times.map((each) => (timeline.aligned ? (each - timeline.originMs) / 1000 : new Date(each).toISOString())),
        newestFirst: !timeline.aligned,
      }}
      at={{ row, text: cursor === null ? "" : time === undefined ? "no samples" : nameOf(time) }}
      chart={chart}
      host={host}
      {...(stale === undefined ? {} : { stale })}
      empty={empty ?? "No samples yet."}
    />
  );
}

function newestSettled(content: ChartContent): number | null {
  const { settledUntilMs, times, bucketMs } = content;
  if (settledUntilMs === null) return null;
  for (let row = times.length - 1; row >= 0; row -= 1) {
    const time = times[row];
    if (time !== undefined && time + bucketMs <= settledUntilMs) return row;
  }
  return null;
}
