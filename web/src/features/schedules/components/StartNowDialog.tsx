import { useWatch } from "react-hook-form";
import { PriceCheck } from "@/features/clusters/components/PriceCheck";
import { parseProperties } from "@/features/runs/runForm";
import type { RunChanges, Schedule } from "@/shared/api/types";
import { SwitchField, TextAreaField, TextField } from "@/shared/forms/fields";
import { useCheckedForm, type Checked, type FieldFaults } from "@/shared/forms/useCheckedForm";
import { useSession } from "@/shared/session/useSession";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { useStartNow } from "../api/useSchedules";

/** Starts a run of the schedule at once: unchanged or smaller. */
export function StartNowDialog({ schedule, tries = false, onClose }: { schedule: Schedule; tries?: boolean; onClose: () => void }) {
  const start = useStartNow(schedule.id);
  const { data: session } = useSession();
  const most = schedule.on.kind === "new" ? schedule.on.config.workers : 0;
  const { form } = useCheckedForm({
    first: { workers: most > 1 ? "1" : String(most), properties: "", tryRun: tries },
    check: (values: StartNowForm) => checkStart(values, most),
    sends: start,
  });
  const [workers, tryRun] = useWatch({ control: form.control, name: ["workers", "tryRun"] });
  const typed = workersOf(workers, most);
  const submit = form.handleSubmit((request) => {
    if (!start.isPending) start.mutate(request, { onSuccess: onClose });
  });
  return (
    <Dialog
      title="Start a run now"
      onClose={onClose}
      onSubmit={submit}
      footer={<DialogButtons onCancel={onClose} action={start.isPending ? "Starting…" : tryRun ? "Start try run" : "Start run"} disabled={start.isPending} />}
    >
      <div className="stack">
        <p>
          Starts {schedule.plan.name} now, {schedule.on.kind === "new" ? "on a new cluster that is terminated after it" : `on ${schedule.on.cluster_name}`}, with the rights of {schedule.owner.name}.
          It is marked as started manually, and its result does not count towards switching the schedule off.
        </p>
        <SwitchField
          form={form}
          name="tryRun"
          label="Try run"
          help="1 user and 1 iteration of each thread group, max 30 s, on 1 node. Keeps the responses of failed samples, and is excluded from trends."
        />
        {most > 0 && !tryRun && <TextField form={form} name="workers" label="Workers" help={`The schedule has ${most}. Each worker generates the whole load of the plan.`} inputMode="numeric" />}
        {schedule.on.kind === "new" && schedule.on.provider === "ec2" && session?.user.id === schedule.owner.id && (
          <PriceCheck request={tryRun || typed !== null ? { provider: schedule.on.provider, config: { ...schedule.on.config, workers: tryRun ? Math.min(1, most) : (typed ?? most) } } : null} />
        )}
        {session?.user.id === schedule.owner.id && (
          <TextAreaField
            form={form}
            name="properties"
            label="Other properties for this run"
            help="One name=value per line, such as threads=1: they take precedence over the schedule’s."
            rows={3}
            spellCheck={false}
          />
        )}
        {start.error !== null && <ErrorBox error={start.error} />}
      </div>
    </Dialog>
  );
}

interface StartNowForm {
  workers: string;
  properties: string;
  tryRun: boolean;
}

/** null: no whole number from 0 to `most`. */
function workersOf(text: string, most: number): number | null {
  const typed = /^\d{1,3}$/.test(text.trim()) ? Number(text) : null;
  return typed !== null && typed > most ? null : typed;
}

/** `most`: the workers of the schedule's cluster; 0: it has no workers, or is an existing one. */
function checkStart({ workers, properties: text, tryRun }: StartNowForm, most: number): Checked<StartNowForm, RunChanges> {
  const faults: FieldFaults<StartNowForm> = {};
  const typed = workersOf(workers, most);
  const { properties, fault } = parseProperties(text);
  if (most > 0 && !tryRun && typed === null) faults.workers = `Must be a whole number from 0 to ${most}.`;
  if (fault !== null) faults.properties = fault;
  const request = { workers: most > 0 && !tryRun ? typed : null, properties, try_run: tryRun };
  return { request: Object.keys(faults).length > 0 ? null : request, faults };
}
