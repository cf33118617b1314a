import { useEffect, useMemo, useRef, useState } from "react";
import { getJson } from "@/shared/api/client";
import type { Entry, LabelSeries, LiveLabels } from "@/shared/api/types";
import { mergePoints } from "./liveRun";

interface Known {
  /** The requested labels. */
  key: string;
  seq: number;
  bucketMs: number;
  series: LabelSeries[];
  together: Entry | null;
  /** The time up to which the points are complete. */
  untilMs: number | null;
}

const NOTHING: Known = { key: "", seq: 0, bucketMs: 0, series: [], together: null, untilMs: null };

/** A failed request is retried after this time, unless a snapshot arrives earlier. */
const RETRY_MS = 3000;

interface Labels extends Pick<Known, "series" | "together"> {
  /** Why the newest points are missing; null: they are not. */
  error: Error | null;
  /** Where the points end in that case; null: they do not. */
  untilMs: number | null;
}

/** The points of the selected labels during the run, and all of them as one: requests changes with each snapshot, one request at a time. `reachedMs`: the time of the snapshot. */
export function useLiveLabels(runId: string, chosen: string[], seq: number, reachedMs: number | null): Labels {
  const [known, setKnown] = useState(NOTHING);
  const latest = useRef(NOTHING);
  const asking = useRef<string | null>(null);
  const [failed, setFailed] = useState<{ key: string; error: Error } | null>(null);
  const [tries, setTries] = useState(0);
  const key = JSON.stringify(chosen);
  useEffect(() => {
    if (key === "[]" || asking.current === key) return;
    const before = latest.current.key === key ? latest.current : NOTHING;
    asking.current = key;
    const path = `/runs/${runId}/live/labels?after=${before.seq}&labels=${encodeURIComponent(key)}`;
    void getJson<LiveLabels>(path)
      .then((answer) => {
        // Other labels have been selected meanwhile: discard this answer.
        if (asking.current !== key) return;
        latest.current = { ...mergeLabels(before, answer), key, untilMs: reachedMs };
        setKnown(latest.current);
        setFailed(null);
      })
      // The next snapshot requests what is missing.
      .catch((error: unknown) => asking.current === key && setFailed({ key, error: error instanceof Error ? error : new Error(String(error)) }))
      .finally(() => {
        if (asking.current === key) asking.current = null;
      });
    // `reachedMs` changes with each snapshot.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [runId, key, seq, tries]);
  const failure = failed !== null && failed.key === key ? failed : null;
  useEffect(() => {
    if (failure === null) return;
    const timer = setTimeout(() => setTries((before) => before + 1), RETRY_MS);
    return () => clearTimeout(timer);
  }, [failure]);
  const shown = key !== "[]" && known.key === key ? known : NOTHING;
  return useMemo(() => ({ series: shown.series, together: shown.together, error: failure?.error ?? null, untilMs: failure === null ? null : (shown.untilMs ?? 0) }), [shown, failure]);
}

/** Applies changes to the points of labels. */
export function mergeLabels(known: Omit<Known, "key" | "untilMs">, answer: LiveLabels): Omit<Known, "key" | "untilMs"> {
  const fresh = answer.reset || answer.bucket_ms !== known.bucketMs;
  const before = new Map(fresh ? [] : known.series.map((each) => [each.label, each]));
  const series = answer.labels.map((each) => {
    const points = before.get(each.label)?.points ?? [];
    return { ...each, points: mergePoints(points, each.points) };
  });
  return { seq: answer.seq, bucketMs: answer.bucket_ms, series, together: answer.together };
}
