import { useEffect, useState } from "react";
import { serverNow } from "@/shared/api/serverClock";

/** The listeners of one interval: all clocks of a page are rendered in one frame, instead of each with its own timer. */
interface Pace {
  timer: ReturnType<typeof setInterval>;
  listeners: Set<() => void>;
}

const paces = new Map<number, Pace>();

/** Calls `listener` every `everyMs`, together with all others of that interval; returns a function that ends it. */
function ticking(everyMs: number, listener: () => void): () => void {
  const listeners = paces.get(everyMs)?.listeners ?? new Set();
  const tick = () => {
    for (const each of listeners) each();
  };
  const pace = paces.get(everyMs) ?? { timer: setInterval(tick, everyMs), listeners };
  paces.set(everyMs, pace);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(pace.timer);
    paces.delete(everyMs);
  };
}

/** The server's time, updated every `everyMs`, for countdowns and elapsed times. */
export function useNow(everyMs = 1000): number {
  const [now, setNow] = useState(serverNow);
  useEffect(() => ticking(everyMs, () => setNow(serverNow())), [everyMs]);
  return now;
}
