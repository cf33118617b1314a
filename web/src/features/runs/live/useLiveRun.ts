import { useEffect, useMemo, useSyncExternalStore } from "react";
import type { LiveRun } from "./liveRun";
import { LiveStore } from "./liveStore";

/** The live feed of a run while `on`; null before its first answer. */
export function useLiveRun(runId: string, on: boolean): LiveRun | null {
  const store = useMemo(() => new LiveStore(runId), [runId]);
  useEffect(() => {
    if (!on) return;
    store.start();
    return () => store.stop();
  }, [store, on]);
  return useSyncExternalStore(store.subscribe, store.get);
}
