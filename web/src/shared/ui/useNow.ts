import { useEffect, useState } from "react";
import { serverNow } from "@/shared/api/serverClock";

/** The server's time, renewed every `everyMs`, for countdowns and elapsed times. */
export function useNow(everyMs = 1000): number {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
