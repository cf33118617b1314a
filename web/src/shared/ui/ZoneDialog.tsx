import { useId, useState } from "react";
import { chooseZone, isZone, timeZone } from "@/shared/format/zone";
import { Dialog } from "./Dialog";
import { DialogButtons } from "./DialogButtons";
import { Field, Options } from "./Field";

type Kind = "local" | "utc" | "named";

/** The time zone of all displayed times in this browser. */
export function ZoneDialog({ onClose }: { onClose: () => void }) {
  const zones = useId();
  const now = timeZone();
  const [kind, setKind] = useState<Kind>(now === null ? "local" : now === "UTC" ? "utc" : "named");
  const [name, setName] = useState(now === null || now === "UTC" ? "" : now);
  const [tried, setTried] = useState(false);
  const fault = kind === "named" && !isZone(name.trim()) ? "Unknown time zone. Choose one such as Europe/Berlin." : undefined;
  const submit = () => {
    setTried(true);
    if (fault !== undefined) return;
    chooseZone(kind === "local" ? null : kind === "utc" ? "UTC" : name.trim());
    onClose();
  };
  return (
    <Dialog title="Time zone" onClose={onClose} onSubmit={submit} footer={<DialogButtons onCancel={onClose} action="Apply" disabled={false} />}>
      <Options
        legend="Show times in"
        value={kind}
        options={[
          { value: "local", word: "This computer’s time zone", help: Intl.DateTimeFormat().resolvedOptions().timeZone },
          { value: "utc", word: "UTC" },
          { value: "named", word: "Another time zone" },
        ]}
        onChange={setKind}
      />
      {kind === "named" && (
        <Field label="Name of the time zone" fault={tried ? fault : undefined}>
          {(attributes) => (
            <>
              <input {...attributes} type="text" list={zones} spellCheck={false} placeholder="Europe/Berlin" value={name} onChange={({ target }) => setName(target.value)} />
              <datalist id={zones}>
                {Intl.supportedValuesOf("timeZone").map((zone) => (
                  <option key={zone} value={zone} />
                ))}
              </datalist>
            </>
          )}
        </Field>
      )}
    </Dialog>
  );
}
