import { useState } from "react";
import { useNavigate } from "react-router";
import { useCluster } from "@/features/clusters/api/useCluster";
import { useClusterDefaults } from "@/features/clusters/api/useClusterDefaults";
import { checkForm, type StartConfig } from "@/features/clusters/clusterForm";
import { takesRuns } from "@/features/clusters/clusterWords";
import { ClusterFields } from "@/features/clusters/components/ClusterFields";
import { PriceCheck } from "@/features/clusters/components/PriceCheck";
import { useCredentialChoices } from "@/features/clusters/useCredentialChoices";
import { usePlan } from "@/features/plans/api/usePlan";
import { usePlanCheck } from "@/features/plans/api/usePlanCheck";
import { Findings } from "@/features/plans/components/Findings";
import { useRunCheck } from "@/features/runs/api/useRunCheck";
import { PickCluster, PickPlan, useClusterChoice, usePlanChoice } from "@/features/runs/components/PickFields";
import { PropertiesFileFields, PropertyFields, SplitFields } from "@/features/runs/components/PlanFields";
import { SpreadFields } from "@/features/runs/components/SpreadFields";
import { TotalUsers } from "@/features/runs/components/TotalUsers";
import { numberFindings, placeRunFaults, runCheckRequest } from "@/features/runs/runCheck";
import { withPlan } from "@/features/runs/runForm";
import { fixedTotalFault, totalOf } from "@/features/runs/totalUsers";
import type { Check, Info, Schedule } from "@/shared/api/types";
import { useLiveForm } from "@/shared/forms/useLiveForm";
import { useRights, useSession } from "@/shared/session/useSession";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { FaultNotes } from "@/shared/ui/FaultNotes";
import { useAnswerInView } from "@/shared/ui/faultsInView";
import { Field, Options } from "@/shared/ui/Field";
import { Note } from "@/shared/ui/Note";
import { Waiting } from "@/shared/ui/Waiting";
import { useSaveSchedule } from "../api/useSchedules";
import { checkScheduleForm, emptyForm, formOf, type ScheduleFaults, type ScheduleForm } from "../scheduleForm";
import { RevisionField } from "./RevisionField";
import { TimingFields } from "./TimingFields";

interface Props {
  info: Info | undefined;
  /** The schedule to edit; by default a new one. */
  schedule?: Schedule;
  planId?: string;
  onClose: () => void;
}

/** What is run, when and where; the next times are shown before the button. */
export function ScheduleDialog(props: Props) {
  const { schedule, info } = props;
  const defaults = useClusterDefaults();
  // Its check tells which of its properties are the plan's defaults.
  const check = usePlanCheck(schedule?.plan.id ?? null, 0);
  const isChecked = schedule === undefined || check.data !== undefined || check.error !== null;
  const error = defaults.error;
  if (isChecked && info !== undefined && defaults.data !== undefined) return <Form {...props} info={info} defaults={defaults.data} check={check.data} />;
  return (
    <Dialog wide title="Schedule" onClose={props.onClose} footer={null}>
      {error === null ? <Waiting what="Loading…" tall /> : <ErrorBox error={error} />}
    </Dialog>
  );
}

const NO_FAULTS: ScheduleFaults = { run: { judged: { criteria: {}, rules: {} } }, cluster: {} };

function firstForm(schedule: Schedule | undefined, planId: string | undefined, check: Check | undefined, defaults: StartConfig, info: Info): ScheduleForm {
  const provider = info.providers.includes("local") ? "local" : (info.providers[0] ?? "ssh");
  if (schedule !== undefined) return formOf(schedule, check?.properties ?? [], defaults, provider);
  const form = emptyForm(defaults, provider, Intl.DateTimeFormat().resolvedOptions().timeZone);
  return { ...form, run: { ...form.run, planId: planId ?? null } };
}

function Form({ info, schedule, planId, onClose, defaults, check: checked }: Props & { info: Info; defaults: StartConfig; check: Check | undefined }) {
  const { values: typed, setValues: setForm, tried, submitBy } = useLiveForm(firstForm(schedule, planId, checked, defaults, info));
  // The form edits this revision, whatever another user saves meanwhile.
  const [revision] = useState(schedule?.revision ?? null);
  const [planText, setPlanText] = useState("");
  const { mayWrite } = useRights();
  const choices = useCredentialChoices(typed.cluster.provider);
  const form = { ...typed, cluster: choices.settle(typed.cluster) };
  const setRun = (run: ScheduleForm["run"]) => setForm({ ...form, run });
  const plans = usePlanChoice(planText, form.run.planId);
  const clusters = useClusterChoice(form.run.clusterId);
  const cluster = (clusters.items ?? []).find((each) => each.id === form.run.clusterId && mayWrite(each));
  const workers = form.place === "new" ? Number(form.cluster.workers) || 0 : (cluster?.workers ?? 0);
  const plan = usePlan(form.run.planId ?? "", form.run.planId !== null);
  const check = usePlanCheck(form.run.planId, workers);
  const known = check.data?.properties ?? [];
  const files = check.data?.data_files.filter((file) => file.found).map((file) => file.path) ?? [];
  const { request, faults, created } = checkScheduleForm(form, known, files, info.limits.max_workers, revision);
  const detail = useCluster(cluster?.id ?? "", form.place === "cluster" && cluster !== undefined);
  const existing = cluster === undefined || detail.isPending ? null : { provider: cluster.provider, jmeter_version: detail.data?.config.jmeter_version ?? null };
  const on = form.place === "cluster" ? existing : created === null ? null : { provider: created.provider, jmeter_version: created.config.jmeter_version };
  const typedCheck = useRunCheck(form.run.planId, check.data === undefined ? null : runCheckRequest({ ...form.run, revision: form.revision }, faults.run, known, files, workers, on));
  const findings = (typedCheck.data ?? check.data)?.findings ?? [];
  const placed = placeRunFaults(typedCheck.data?.faults ?? [], known);
  const otherTotal = check.data !== undefined && fixedTotalFault(totalOf(check.data), form.run.users, workers) !== null;
  const save = useSaveSchedule(schedule?.id ?? null);
  const navigate = useNavigate();
  const typedFaults = tried ? faults : NO_FAULTS;
  // The server's errors are shown before the first attempt, as in the dialog that starts a run.
  const beside = { ...placed.beside, properties: { ...numberFindings(findings, form.run.properties), ...placed.beside.properties } };
  const shown = { ...typedFaults, run: { ...beside, ...typedFaults.run } };

  const body = useAnswerInView(save.error);

  const submit = submitBy(() => {
    if (request === null || otherTotal || save.isPending) return;
    save.mutate(request, {
      onSuccess: (saved) => {
        onClose();
        // For a new one, a try run is offered first.
        void navigate(`/schedules/${saved.id}${schedule === undefined ? "?created" : ""}`);
      },
    });
  });
  const action = schedule === undefined ? "Create schedule" : "Save";
  return (
    <Dialog
      wide
      title={schedule === undefined ? "New schedule" : `Change ${schedule.name}`}
      onClose={onClose}
      onSubmit={submit}
      footer={
        <>
          <p className="sum">{tried && (request === null || otherTotal) && "Fix the errors above."}</p>
          <DialogButtons onCancel={onClose} action={save.isPending ? "Saving…" : action} disabled={save.isPending} />
        </>
      }
    >
      <div ref={body}>
        {schedule !== undefined && <OwnerNote schedule={schedule} />}
        <div className="field-pair">
          <PickPlan
            choice={plans}
            text={planText}
            onSearch={setPlanText}
            value={form.run.planId}
            fault={shown.run.plan}
            onChange={(id) => setForm({ ...form, revision: null, criteria: [], run: withPlan(form.run, id) })}
          />
          <Field label="Name">
            {(attributes) => <input {...attributes} type="text" placeholder="the plan’s name" value={form.run.name} onChange={({ target }) => setRun({ ...form.run, name: target.value })} />}
          </Field>
        </div>
        {form.run.planId !== null && <RevisionField planId={form.run.planId} value={form.revision} onChange={(revision) => setForm({ ...form, revision })} />}
        <TimingFields form={form} faults={shown} onChange={setForm} />
        <Options
          legend="When an earlier run has not finished"
          value={form.overlap}
          options={[
            { value: "skip", word: "Skip", help: "No run is started for that time." },
            { value: "queue", word: "Wait", help: "The run starts when the earlier one has finished. At most one run waits." },
          ]}
          onChange={(overlap) => setForm({ ...form, overlap })}
        />
        <fieldset className="form-part">
          <legend>Cluster</legend>
          <Options
            legend="Runs on"
            value={form.place}
            options={[
              { value: "new", word: "A new cluster for each run", help: "Created at that time, and terminated after the run." },
              { value: "cluster", word: "An existing cluster", help: "It must still exist then: check its lifetime and idle timeout." },
            ]}
            onChange={(place) => setForm({ ...form, place })}
          />
          {form.place === "cluster" ? (
            <PickCluster
              // A cluster that is terminated after its first run cannot have a schedule.
              choice={{ ...clusters, items: clusters.items?.filter((each) => (takesRuns(each) && !each.remove_after_run) || each.id === form.run.clusterId) }}
              value={form.run.clusterId}
              fault={shown.run.cluster}
              onChange={(id) => setRun({ ...form.run, clusterId: id })}
            />
          ) : (
            <>
              <ClusterFields info={info} form={form.cluster} faults={shown.cluster} choices={choices} onChange={(cluster) => setForm({ ...form, cluster })} />
              {form.cluster.provider === "ec2" && <PriceCheck request={checkForm({ ...form.cluster, name: "", description: "" }, info.limits.max_workers).request} />}
            </>
          )}
        </fieldset>
        {form.run.planId !== null && check.data === undefined && (check.error === null ? <Waiting what="Checking the plan…" /> : <ErrorBox error={check.error} />)}
        {findings.length > 0 && <Findings findings={findings} />}
        <FaultNotes faults={placed.rest} />
        {typedCheck.error !== null && <ErrorBox error={typedCheck.error} />}
        {check.data !== undefined && (
          <>
            <TotalUsers
              check={check.data}
              workers={workers}
              form={form.run}
              fault={shown.run.share}
              onWorkers={form.place === "cluster" || form.cluster.provider === "ssh" ? null : (count) => setForm({ ...form, cluster: { ...form.cluster, workers: String(count) } })}
              onChange={setRun}
            />
            <PropertyFields check={check.data} workers={workers} form={form.run} onChange={setRun} faults={shown.run} />
            <PropertiesFileFields plan={plan.data} form={form.run} onChange={setRun} />
            <SplitFields check={check.data} workers={workers} form={form.run} onChange={setRun} />
            <SpreadFields workers={workers} form={form.run} faults={shown.run} onChange={setRun} />
            {form.criteria.length === 0 ? (
              <p className="field-help">Its runs use the criteria and automatic stop of the plan.</p>
            ) : (
              <p className="field-help">
                Custom criteria: {form.criteria.join(", ")}.{" "}
                <button type="button" className="btn btn-link btn-sm p-0" onClick={() => setForm({ ...form, criteria: [] })}>
                  Use the plan’s
                </button>
              </p>
            )}
          </>
        )}
        <Field label="Graceful stop timeout" unit="seconds" help="How long users may finish before requests are aborted." fault={shown.run.grace}>
          {(attributes) => (
            <input {...attributes} type="text" inputMode="numeric" placeholder="default" value={form.run.grace} onChange={({ target }) => setRun({ ...form.run, grace: target.value })} />
          )}
        </Field>
        {save.error !== null && <ErrorBox error={save.error} />}
      </div>
    </Dialog>
  );
}

/** Whose rights the runs will have: shown prominently. */
function OwnerNote({ schedule }: { schedule: Schedule }) {
  const { data: session } = useSession();
  if (session?.user.id === schedule.owner.id) return null;
  return <Note tone="attention">You become the owner when you save: its runs have your rights and credentials from then on, no longer those of {schedule.owner.name}. Enter masked values again.</Note>;
}
