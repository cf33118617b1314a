import { useState } from "react";
import { zoneName, zoneWords } from "@/shared/format/time";
import { Icon } from "./Icon";
import { later } from "./later";
import { useNow } from "./useNow";

const ZoneDialog = later(async () => (await import("./ZoneDialog")).ZoneDialog);

/** The current time zone, and a button to change it. */
export function ZoneSwitch() {
  const [open, setOpen] = useState(false);
  // Summer time may begin while a page is open.
  const now = useNow(60_000);
  return (
    <>
      <button type="button" className="zone-switch" title={`Times are in ${zoneWords(now)}. Change the time zone.`} onClick={() => setOpen(true)}>
        <Icon name="clock" /> <span className="word">Time zone: </span>
        {zoneName(now)}
      </button>
      {open && <ZoneDialog onClose={() => setOpen(false)} />}
    </>
  );
}
