import { useId } from "react";
import { ApiError } from "@/shared/api/client";
import { Field, Options } from "@/shared/ui/Field";
import { usePreview } from "../api/useSchedules";
import { PRESETS, timingOf, type ScheduleFaults, type ScheduleForm } from "../scheduleForm";
import { NextTimes } from "./NextTimes";

interface Props {
  form: ScheduleForm;
  faults: Pick<ScheduleFaults, "timing" | "zone">;
  onChange: (form: ScheduleForm) => void;
}

/** The timing: once or by a cron expression, its time zone, and the next times. */
export function TimingFields({ form, faults, onChange }: Props) {
  const zones = useId();
  const timing = timingOf(form);
  const preview = usePreview(timing);
  const refused = preview.error instanceof ApiError ? preview.error : null;
  const field = refused?.faults[0]?.field ?? null;
  const isOfZone = field === "/timing/zone";
  const preset = PRESETS.some(({ expression }) => expression === form.expression) ? form.expression : "";
  const fault = faults.timing ?? (refused !== null && !isOfZone ? refused.message : undefined);
  return (
    <fieldset className="form-part">
      <legend>When</legend>
      <Options
        legend="Repeat"
        value={form.kind}
        options={[
          { value: "cron", word: "Repeatedly" },
          { value: "once", word: "Once" },
        ]}
        onChange={(kind) => onChange({ ...form, kind })}
      />
      <div className="field-pair">
        {form.kind === "cron" ? (
          <>
            <Field label="Preset">
              {(attributes) => (
                <select {...attributes} className="form-select" value={preset} onChange={({ target }) => target.value !== "" && onChange({ ...form, expression: target.value })}>
                  <option value="">Custom</option>
                  {PRESETS.map(({ expression, word }) => (
                    <option key={expression} value={expression}>
                      {word}
                    </option>
                  ))}
                </select>
              )}
            </Field>
            <Field label="Cron expression" fault={fault} help="Minute, hour, day of month, month, day of week.">
              {(attributes) => <input {...attributes} type="text" spellCheck={false} value={form.expression} onChange={({ target }) => onChange({ ...form, expression: target.value })} />}
            </Field>
          </>
        ) : (
          <Field label="Date and time" fault={fault} help="Local time in the time zone.">
            {(attributes) => <input {...attributes} type="datetime-local" step={1} value={form.at} onChange={({ target }) => onChange({ ...form, at: target.value })} />}
          </Field>
        )}
      </div>
      <Field label="Time zone" fault={faults.zone ?? (isOfZone ? refused?.message : undefined)}>
        {(attributes) => (
          <>
            <input {...attributes} type="text" list={zones} spellCheck={false} value={form.zone} onChange={({ target }) => onChange({ ...form, zone: target.value })} />
            <datalist id={zones}>
              {["UTC", ...Intl.supportedValuesOf("timeZone")].map((zone) => (
                <option key={zone} value={zone} />
              ))}
            </datalist>
          </>
        )}
      </Field>
      {preview.data !== undefined && timing !== null && (
        <div className="field" aria-live="polite">
          <div className="field-help">{preview.data.length === 1 ? "It runs at:" : `The next ${preview.data.length} times:`}</div>
          <NextTimes times={preview.data} none="" />
        </div>
      )}
    </fieldset>
  );
}
