import { useEffect, useRef, useState } from "react";
import { getJson } from "@/shared/api/client";
import type { Summary, WindowTable } from "@/shared/api/types";

/** A table of many labels is not requested more often than this, even if snapshots arrive more often. */
const EVERY_MS = 2000;

interface Known {
  scope: string;
  table: WindowTable | null;
  /** Why the newest request failed. */
  error: Error | null;
}

const NOTHING = { table: null, error: null };

/**
 * The table of the time range shown in the charts during the run, counted by the server; null while they show everything and until the first
 * answer. The previous table stays until the next answer. `scope`: the user's selection, which stays the same while the newest minutes advance.
 */
export function useLiveWindow(runId: string, range: [number, number] | null, scope: string, chosen: string[], seq: number): Omit<Known, "scope"> {
  const [known, setKnown] = useState<Known | null>(null);
  const asked = useRef({ scope: "", at: -Infinity, open: false });
  const labels = JSON.stringify(chosen);
  const whole = `${scope} ${labels}`;
  const [from, to] = range ?? [0, 0];
  useEffect(() => {
    if (from >= to) return;
    const before = asked.current;
    const now = performance.now();
    if (before.scope === whole && (before.open || now - before.at < EVERY_MS)) return;
    const mine = { scope: whole, at: now, open: true };
    asked.current = mine;
    void getJson<WindowTable>(`/runs/${runId}/live/window?from_ms=${from}&to_ms=${to}&labels=${encodeURIComponent(labels)}`)
      .then((table) => {
        // Something else has been selected meanwhile: discard this answer.
        if (asked.current === mine) setKnown({ scope: whole, table, error: null });
      })
      // The next snapshot requests again.
      .catch((error: unknown) => {
        if (asked.current !== mine) return;
        setKnown((known) => ({ scope: whole, table: known?.scope === whole ? known.table : null, error: error instanceof Error ? error : new Error(String(error)) }));
      })
      .finally(() => {
        mine.open = false;
      });
    // With each snapshot, even if the time range is unchanged.
  }, [runId, whole, labels, from, to, seq]);
  return range === null || known?.scope !== whole ? NOTHING : known;
}

/** The run's summary with the figures of a time range instead of the whole run's. */
export function summaryOfWindow(summary: Summary, table: WindowTable | null): Summary {
  return table === null ? summary : { ...summary, total: table.total, labels: table.labels };
}
