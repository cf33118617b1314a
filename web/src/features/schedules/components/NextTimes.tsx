import type { NextTime } from "@/shared/api/types";
import { localWords } from "../scheduleWords";

/** Future times, in the schedule's time zone. */
export function NextTimes({ times, none }: { times: NextTime[]; none: string }) {
  return (
    <ul className="pairs" aria-label="Next times">
      {times.length === 0 && <li className="text-muted">{none}</li>}
      {times.map(({ at_ms, local }) => (
        <li key={at_ms}>{localWords(local)}</li>
      ))}
    </ul>
  );
}
