import { useState } from "react";
import { PriceCheck } from "@/features/clusters/components/PriceCheck";
import { parseProperties } from "@/features/runs/runForm";
import type { Schedule } from "@/shared/api/types";
import { useSession } from "@/shared/session/useSession";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Field, Switch } from "@/shared/ui/Field";
import { useStartNow } from "../api/useSchedules";

/** Starts a run of the schedule at once: unchanged or smaller. */
export function StartNowDialog({ schedule, tries = false, onClose }: { schedule: Schedule; tries?: boolean; onClose: () => void }) {
  const start = useStartNow(schedule.id);
  const { data: session } = useSession();
  const most = schedule.on.kind === "new" ? schedule.on.config.workers : 0;
  const [workers, setWorkers] = useState(most > 1 ? "1" : String(most));
  const [text, setText] = useState("");
  const [tryRun, setTryRun] = useState(tries);
  const typed = /^\d{1,3}$/.test(workers.trim()) ? Number(workers) : null;
  const wrongWorkers = most > 0 && !tryRun && (typed === null || typed > most) ? `Must be a whole number from 0 to ${most}.` : null;
  const { properties, fault } = parseProperties(text);
  const submit = () => {
    if (wrongWorkers !== null || fault !== null || start.isPending) return;
    start.mutate({ workers: most > 0 && !tryRun ? typed : null, properties, try_run: tryRun }, { onSuccess: onClose });
  };
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
        <Switch
          label="Try run"
          help="1 user and 1 iteration of each thread group, max 30 s, on 1 node. Keeps the responses of failed samples, and is excluded from trends."
          checked={tryRun}
          onChange={setTryRun}
        />
        {most > 0 && !tryRun && (
          <Field label="Workers" help={`The schedule has ${most}. Each worker generates the whole load of the plan.`} fault={wrongWorkers}>
            {(attributes) => <input {...attributes} type="text" inputMode="numeric" value={workers} onChange={({ target }) => setWorkers(target.value)} />}
          </Field>
        )}
        {schedule.on.kind === "new" && schedule.on.provider === "ec2" && session?.user.id === schedule.owner.id && (
          <PriceCheck request={wrongWorkers === null ? { provider: schedule.on.provider, config: { ...schedule.on.config, workers: tryRun ? Math.min(1, most) : (typed ?? most) } } : null} />
        )}
        {session?.user.id === schedule.owner.id && (
          <Field label="Other properties for this run" help="One name=value per line, such as threads=1: they take precedence over the schedule’s." fault={fault}>
            {(attributes) => <textarea {...attributes} rows={3} spellCheck={false} value={text} onChange={({ target }) => setText(target.value)} />}
          </Field>
        )}
        {start.error !== null && <ErrorBox error={start.error} />}
      </div>
    </Dialog>
  );
}
