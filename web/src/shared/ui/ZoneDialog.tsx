import { useId } from "react";
import { useWatch } from "react-hook-form";
import { chooseZone, isZone, timeZone } from "@/shared/format/zone";
import { OptionsField, TextField } from "@/shared/forms/fields";
import { useCheckedForm, type Checked } from "@/shared/forms/useCheckedForm";
import { Dialog } from "./Dialog";
import { DialogButtons } from "./DialogButtons";

interface ZoneForm {
  kind: "local" | "utc" | "named";
  name: string;
}

/** The time zone of all displayed times in this browser. */
export function ZoneDialog({ onClose }: { onClose: () => void }) {
  const zones = useId();
  const now = timeZone();
  const first: ZoneForm = { kind: now === null ? "local" : now === "UTC" ? "utc" : "named", name: now === null || now === "UTC" ? "" : now };
  const { form } = useCheckedForm({ first, check });
  const kind = useWatch({ control: form.control, name: "kind" });
  const submit = form.handleSubmit(({ zone }) => {
    chooseZone(zone);
    onClose();
  });
  return (
    <Dialog title="Time zone" onClose={onClose} onSubmit={submit} footer={<DialogButtons onCancel={onClose} action="Apply" disabled={false} />}>
      <OptionsField
        form={form}
        name="kind"
        legend="Show times in"
        options={[
          { value: "local", word: "This computer’s time zone", help: Intl.DateTimeFormat().resolvedOptions().timeZone },
          { value: "utc", word: "UTC" },
          { value: "named", word: "Another time zone" },
        ]}
      />
      {kind === "named" && (
        <>
          <TextField form={form} name="name" label="Name of the time zone" list={zones} placeholder="Europe/Berlin" />
          <datalist id={zones}>
            {Intl.supportedValuesOf("timeZone").map((zone) => (
              <option key={zone} value={zone} />
            ))}
          </datalist>
        </>
      )}
    </Dialog>
  );
}

function check({ kind, name }: ZoneForm): Checked<ZoneForm, { zone: string | null }> {
  if (kind !== "named") return { request: { zone: kind === "utc" ? "UTC" : null }, faults: {} };
  if (!isZone(name.trim())) return { request: null, faults: { name: "Unknown time zone. Choose one such as Europe/Berlin." } };
  return { request: { zone: name.trim() }, faults: {} };
}
