import { useEffect, useRef, useState } from "react";
import { getJson } from "@/shared/api/client";
import type { Entry, LabelSeries, LiveLabels } from "@/shared/api/types";
import { mergePoints } from "./liveRun";

interface Known {
  /** Of which labels, as they were asked for. */
  key: string;
  seq: number;
  bucketMs: number;
  series: LabelSeries[];
  together: Entry | null;
}

const NOTHING: Known = { key: "", seq: 0, bucketMs: 0, series: [], together: null };

/** The points of the chosen labels while the run continues, and all of them as one: with each snapshot what has changed, one question at a time. */
export function useLiveLabels(runId: string, chosen: string[], seq: number): Pick<Known, "series" | "together"> {
  const [known, setKnown] = useState(NOTHING);
  const latest = useRef(NOTHING);
  const asking = useRef<string | null>(null);
  const key = JSON.stringify(chosen);
  useEffect(() => {
    if (key === "[]" || asking.current === key) return;
    const before = latest.current.key === key ? latest.current : NOTHING;
    asking.current = key;
    const path = `/runs/${runId}/live/labels?after=${before.seq}&labels=${encodeURIComponent(key)}`;
    void getJson<LiveLabels>(path)
      .then((answer) => {
        // Other labels have been chosen meanwhile: this answer is nobody's.
        if (asking.current !== key) return;
        latest.current = { ...mergeLabels(before, answer), key };
        setKnown(latest.current);
      })
      // The next snapshot asks again for what is missing.
      .catch(() => undefined)
      .finally(() => {
        if (asking.current === key) asking.current = null;
      });
  }, [runId, key, seq]);
  return key !== "[]" && known.key === key ? known : NOTHING;
}

/** What was known of labels, and what has changed of them since. */
export function mergeLabels(known: Omit<Known, "key">, answer: LiveLabels): Omit<Known, "key"> {
  const fresh = answer.reset || answer.bucket_ms !== known.bucketMs;
  const before = new Map(fresh ? [] : known.series.map((each) => [each.label, each]));
  const series = answer.labels.map((each) => {
    const points = before.get(each.label)?.points ?? [];
    return { ...each, points: mergePoints(points, each.points) };
  });
  return { seq: answer.seq, bucketMs: answer.bucket_ms, series, together: answer.together };
}
