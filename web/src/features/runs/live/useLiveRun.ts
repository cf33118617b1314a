import { useEffect, useMemo, useSyncExternalStore } from "react";
import { connectionStore, type Connection } from "@/shared/api/socket";
import type { LiveRun } from "./liveRun";
import { LiveStore } from "./liveStore";

const neverChanges = () => () => undefined;
const nothing = (): LiveRun | null => null;

/** The live feed of a run while `on`; keeps the last state when switched off. */
export function useLiveRun(runId: string, on: boolean): LiveRun | null {
  const store = useMemo(() => (on ? new LiveStore(runId) : null), [runId, on]);
  useEffect(() => {
    store?.start();
    return () => store?.stop();
  }, [store]);
  return useSyncExternalStore(store === null ? neverChanges : store.subscribe, store === null ? nothing : store.get);
}

export function useConnection(): Connection {
  return useSyncExternalStore(connectionStore.subscribe, connectionStore.get);
}
