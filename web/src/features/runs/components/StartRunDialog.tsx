import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { canRun } from "@/features/clusters/clusterWords";
import { usePlanCheck } from "@/features/plans/api/usePlanCheck";
import { usePlan } from "@/features/plans/api/usePlan";
import { totalWords } from "@/features/plans/checkWords";
import { Findings } from "@/features/plans/components/Findings";
import type { Check, Run } from "@/shared/api/types";
import { formatDateTime } from "@/shared/format/time";
import { useRights } from "@/shared/session/useSession";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Field } from "@/shared/ui/Field";
import { Waiting } from "@/shared/ui/Waiting";
import { useStartRun } from "../api/useStartRun";
import { formOfRun } from "../formOfRun";
import { runDifference } from "../runDifference";
import { checkRunForm, EMPTY_FORM, type RunForm } from "../runForm";
import { AsItWas } from "./AsItWas";
import { PickCluster, PickPlan, useClusterChoice, usePlanChoice, type RunnableCluster } from "./PickFields";
import { PropertiesFileFields, PropertyFields, SplitFields } from "./PlanFields";
import { RunJudged } from "./RunJudged";
import { SpreadFields } from "./SpreadFields";

const NO_FAULTS = { criteria: {}, rules: {} };

interface Props {
  planId: string | null;
  clusterId: string | null;
  /** A run whose settings the dialog begins with. */
  like?: Run;
  /** On the plan's newest revision, whichever that run had. */
  newest?: boolean;
  onClose: () => void;
}

/** What to run, where, with which properties and criteria; what is different from the run before, and the sum, before the button. */
export function StartRunDialog(props: Props) {
  const { like, planId, clusterId, newest = false } = props;
  // Which of the run's properties are the plan's own, and whether its criteria are, is known by these.
  const plan = usePlan(like?.plan.id ?? "", like !== undefined);
  const check = usePlanCheck(like?.plan.id ?? null, like?.workers ?? 0);
  if (like === undefined) return <Form {...props} first={{ ...EMPTY_FORM, planId, clusterId }} />;
  if (plan.data !== undefined && check.data !== undefined) {
    const form = formOfRun(like, plan.data, check.data.properties);
    return <Form {...props} first={newest ? { ...form, revision: null } : form} />;
  }
  const error = plan.error ?? check.error;
  return (
    <Dialog title="Start run" onClose={props.onClose} footer={null}>
      {error === null ? <Waiting what="Loading the settings of the last run…" /> : <ErrorBox error={error} />}
    </Dialog>
  );
}

function Form({ like, first, onClose }: Props & { first: RunForm }) {
  const [planText, setPlanText] = useState("");
  const [typed, setForm] = useState<RunForm>(first);
  const plans = usePlanChoice(planText, first.planId);
  const clusters = useClusterChoice(first.clusterId);
  const { mayWrite } = useRights();
  const start = useStartRun();
  const navigate = useNavigate();
  const [tried, setTried] = useState(false);

  const ready = (clusters.items ?? []).filter((cluster) => mayWrite(cluster) && canRun(cluster));
  const form = withOnlyChoice(typed, ready, planText === "" ? (plans.items?.map((plan) => plan.id) ?? []) : []);
  const cluster = ready.find((each) => each.id === form.clusterId);
  const plan = usePlan(form.planId ?? "", form.planId !== null);
  const check = usePlanCheck(form.planId, cluster?.workers ?? 0);
  const known = check.data?.properties ?? [];
  const found = check.data?.data_files.filter((file) => file.found).map((file) => file.path) ?? [];
  // The check is of the newest revision; an earlier one has the files that it had.
  const files = form.revision === null ? found : [...found, ...form.split];
  const { request, faults } = checkRunForm({ ...form, clusterId: cluster?.id ?? null }, known, files);
  const blocked = check.data?.ok === false && form.revision === null;
  const before = like !== undefined && like.plan.id === form.planId ? like : null;
  const different =
    before === null || plan.data === undefined || check.data === undefined ? null : runDifference(before, { form, plan: plan.data, known, splittable: files, workers: cluster?.workers ?? null });

  const submit = () => {
    setTried(true);
    if (request === null || blocked || start.isPending) return;
    start.mutate(request, { onSuccess: (run) => void navigate(`/runs/${run.id}`) });
  };
  return (
    <Dialog
      wide
      title="Start run"
      onClose={onClose}
      onSubmit={submit}
      footer={
        <>
          {different !== null && <Difference words={different} />}
          <p className="sum">
            <Sum check={check.data} cluster={cluster} changed={Object.keys(request?.properties ?? {}).length > 0} />
          </p>
          <DialogButtons onCancel={onClose} action={start.isPending ? "Starting…" : "Start run"} disabled={start.isPending || blocked} />
        </>
      }
    >
      {before !== null && (
        <p className="field-help">
          Begins with the settings of <Link to={`/runs/${before.id}`}>{before.name}</Link>, {formatDateTime(before.created_ms)}.{" "}
          <button type="button" className="btn btn-link btn-sm p-0" onClick={() => setForm({ ...EMPTY_FORM, planId: form.planId, clusterId: cluster?.id ?? null })}>
            Start from the plan’s defaults
          </button>
        </p>
      )}
      <div className="field-pair">
        <PickPlan
          choice={plans}
          text={planText}
          onSearch={setPlanText}
          value={form.planId}
          fault={tried ? faults.plan : undefined}
          onChange={(id) => setForm({ ...form, planId: id, properties: {}, secret: [], masked: [], split: [], propertiesFiles: [], judged: null, keep: null, revision: null })}
        />
        <PickCluster choice={clusters} value={cluster?.id ?? null} fault={tried ? faults.cluster : undefined} onChange={(id) => setForm({ ...form, clusterId: id })} />
      </div>
      {form.planId !== null && check.data === undefined && (check.error === null ? <Waiting what="Checking the plan…" /> : <ErrorBox error={check.error} />)}
      {check.data !== undefined && check.data.findings.length > 0 && <Findings findings={check.data.findings} />}
      {check.data !== undefined && (
        <>
          {before !== null && plan.data !== undefined && <AsItWas like={before} plan={plan.data} form={form} onChange={setForm} />}
          <PropertyFields check={check.data} form={form} onChange={setForm} faults={tried ? faults : {}} />
          <PropertiesFileFields plan={plan.data} form={form} onChange={setForm} />
          <SplitFields check={check.data} workers={cluster?.workers ?? 0} form={form} onChange={setForm} />
          <SpreadFields workers={cluster?.workers ?? 0} form={form} faults={tried ? faults : {}} onChange={setForm} />
          {plan.data !== undefined && <RunJudged plan={plan.data} judged={form.judged} faults={tried ? faults.judged : NO_FAULTS} onChange={(judged) => setForm({ ...form, judged })} />}
        </>
      )}
      <div className="field-pair">
        <Field label="Run name">
          {(attributes) => <input {...attributes} type="text" placeholder="the plan’s name" value={form.name} onChange={(event) => setForm({ ...form, name: event.target.value })} />}
        </Field>
        <Field label="Graceful stop timeout" unit="seconds" help="How long users may finish before requests are aborted." fault={tried ? faults.grace : undefined}>
          {(attributes) => <input {...attributes} type="text" inputMode="numeric" placeholder="default" value={form.grace} onChange={(event) => setForm({ ...form, grace: event.target.value })} />}
        </Field>
      </div>
      {start.error !== null && <ErrorBox error={start.error} />}
    </Dialog>
  );
}

/** Where there is only one plan or one ready cluster, it is chosen. */
function withOnlyChoice(form: RunForm, ready: RunnableCluster[], plans: string[]): RunForm {
  const [onlyCluster] = ready;
  const [onlyPlan] = plans;
  return {
    ...form,
    clusterId: form.clusterId ?? (ready.length === 1 && onlyCluster !== undefined ? onlyCluster.id : null),
    planId: form.planId ?? (plans.length === 1 && onlyPlan !== undefined ? onlyPlan : null),
  };
}

/** Before the start, so that two runs differ in what was meant to. */
function Difference({ words }: { words: string[] }) {
  return <p className="sum run-difference">{words.length === 0 ? "Same settings as the last run." : `Since the last run: ${words.join(", ")}.`}</p>;
}

function Sum({ check, cluster, changed }: { check: Check | undefined; cluster: RunnableCluster | undefined; changed: boolean }) {
  if (check === undefined || cluster === undefined) return "Select a plan and a cluster.";
  if (!check.ok) return "Fix the errors above.";
  // The check knows the plan's own numbers only; it must not look as if it knew the changed ones.
  if (changed) return `On ${cluster.name}, with the properties above. With the plan’s defaults: ${totalWords(check)}.`;
  return (
    <>
      <strong>{totalWords(check)}</strong> on {cluster.name}.
    </>
  );
}
