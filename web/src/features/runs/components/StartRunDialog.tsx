import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { useCluster } from "@/features/clusters/api/useCluster";
import { canQueue, canRun, hasEnded, isAwaited, priceWords, sumWords, takesRuns } from "@/features/clusters/clusterWords";
import { usePlanCheck } from "@/features/plans/api/usePlanCheck";
import { usePlan } from "@/features/plans/api/usePlan";
import { useRevisionDifference } from "@/features/plans/api/useRevisions";
import { totalWords } from "@/features/plans/checkWords";
import { Findings } from "@/features/plans/components/Findings";
import { LoadShape } from "@/features/plans/components/LoadShape";
import { changeWord, sameFilesWords } from "@/features/plans/revisionWords";
import type { Check, Fault, NewCluster, NewRun, Plan, Run } from "@/shared/api/types";
import { formatDateTime } from "@/shared/format/time";
import { useLiveForm } from "@/shared/forms/useLiveForm";
import { useRights } from "@/shared/session/useSession";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { FaultNotes } from "@/shared/ui/FaultNotes";
import { useAnswerInView } from "@/shared/ui/faultsInView";
import { Field, Switch } from "@/shared/ui/Field";
import { Waiting } from "@/shared/ui/Waiting";
import { useRunCheck } from "../api/useRunCheck";
import { useStartRun } from "../api/useStartRun";
import { formOfRun } from "../formOfRun";
import { runDifference } from "../runDifference";
import { checkRunForm, EMPTY_FORM, withPlan, type RunForm } from "../runForm";
import { numberFindings, placeRunFaults, runCheckRequest } from "../runCheck";
import { fixedTotalFault, totalOf } from "../totalUsers";
import { useNewCluster, type LikeCluster, type NewClusterPart } from "../useNewCluster";
import { AsItWas } from "./AsItWas";
import { NEW_CLUSTER, PickCluster, PickPlan, useClusterChoice, usePlanChoice, type RunnableCluster } from "./PickFields";
import { NewClusterFields } from "./NewClusterFields";
import { PropertiesFileFields, PropertyFields, SplitFields } from "./PlanFields";
import { RunJudged } from "./RunJudged";
import { SpreadFields } from "./SpreadFields";
import { TotalUsers } from "./TotalUsers";

const NO_FAULTS = { criteria: {}, rules: {} };

interface Props {
  planId: string | null;
  clusterId: string | null;
  /** A run whose settings fill the dialog initially. */
  like?: Run;
  /** On the plan's newest revision, regardless of that run's revision. */
  newest?: boolean;
  /** Starts as a try run. */
  tryRun?: boolean;
  onClose: () => void;
}

/** Plan, cluster, properties and criteria; the differences from the earlier run and a summary are shown before the button. */
export function StartRunDialog(props: Props) {
  const { like, planId, clusterId, newest = false, tryRun = false } = props;
  // Needed to know which of the run's properties are the plan's defaults, and whether its criteria are the plan's.
  const plan = usePlan(like?.plan.id ?? "", like !== undefined);
  const check = usePlanCheck(like?.plan.id ?? null, like?.workers ?? 0);
  // A cluster that has ended is created again; one that cannot be loaded is not.
  const cluster = useCluster(like?.cluster.id ?? "", like !== undefined);
  if (like === undefined) return <Form {...props} first={{ ...EMPTY_FORM, planId, clusterId, tryRun }} ended={null} />;
  if (plan.data !== undefined && check.data !== undefined && cluster.isFetched) {
    const form = { ...formOfRun(like, plan.data, check.data.properties), tryRun };
    const ended = cluster.data !== undefined && hasEnded(cluster.data.phase) ? { ...cluster.data, tried: like.try_run } : null;
    return <Form {...props} first={newest ? { ...form, revision: null } : form} ended={ended} />;
  }
  const error = plan.error ?? check.error;
  return (
    <Dialog wide title="Start run" onClose={props.onClose} footer={null}>
      {error === null ? <Waiting what="Loading the settings of the last run…" tall /> : <ErrorBox error={error} />}
    </Dialog>
  );
}

/** `ended`: the cluster of the earlier run, if it has ended. */
function Form({ like, first, ended, onClose }: Props & { first: RunForm; ended: LikeCluster | null }) {
  const [planText, setPlanText] = useState("");
  const { values: typed, setValues: setForm, tried, submitBy } = useLiveForm(first);
  const plans = usePlanChoice(planText, first.planId);
  const clusters = useClusterChoice(first.clusterId);
  const { may, mayWrite } = useRights();
  const navigate = useNavigate();
  const start = useStartRun((run) => void navigate(`/runs/${run.id}`));
  // Not started again while the run's page loads.
  const starting = start.isPending || start.isSuccess;
  // The form no longer has the earlier run's settings.
  const [isReset, setReset] = useState(false);

  const [place, setPlace] = useState<Place | null>(null);
  // The earlier run's cluster may have ended since it was loaded, which is known a moment later.
  const isNew = (place ?? (ended !== null && may("create_cluster") ? "new" : "cluster")) === "new";
  const newCluster = useNewCluster(start, typed.tryRun, ended);

  const usable = (clusters.items ?? []).filter((each) => mayWrite(each) && takesRuns(each));
  const ready = usable.filter(canRun);
  const form = withOnlyChoice(typed, ready.length > 0 ? ready : usable.filter(isAwaited), planText === "" ? (plans.items?.map((plan) => plan.id) ?? []) : []);
  const cluster = usable.find((each) => each.id === form.clusterId);
  const queues = !isNew && cluster !== undefined && canQueue(cluster);
  const plan = usePlan(form.planId ?? "", form.planId !== null);
  const workers = isNew ? newCluster.workers : (cluster?.workers ?? 0);
  const check = usePlanCheck(form.planId, workers);
  const known = check.data?.properties ?? [];
  const found = check.data?.data_files.filter((file) => file.found).map((file) => file.path) ?? [];
  // The check is for the newest revision; an earlier one has other files.
  const files = form.revision === null ? found : [...found, ...form.split];
  // The selected cluster does not matter for a run on a new one.
  const checked = checkRunForm({ ...form, clusterId: isNew ? "new" : (cluster?.id ?? null) }, known, files);
  const detail = useCluster(cluster?.id ?? "", cluster !== undefined);
  // Another JMeter version may have other functions, so the check needs to know the cluster's version.
  const existing = cluster === undefined || detail.isPending ? null : { provider: cluster.provider, jmeter_version: detail.data?.config.jmeter_version ?? null };
  const created = newCluster.request === null ? null : { provider: newCluster.request.provider, jmeter_version: newCluster.request.config.jmeter_version };
  const checkedOn = isNew ? created : existing;
  const typedCheck = useRunCheck(form.planId, check.data === undefined ? null : runCheckRequest(form, checked.faults, known, files, workers, checkedOn));
  const shown = typedCheck.data ?? check.data;
  const placed = placeRunFaults(typedCheck.data?.faults ?? NO_REFUSALS, known);
  const beside = { ...placed.beside, properties: { ...numberFindings(shown?.findings ?? [], form.properties), ...placed.beside.properties } };
  const onCluster = checked.request === null ? null : { ...checked.request, ...(queues ? { queue: true } : {}) };
  const request = onCluster === null || (isNew && newCluster.request === null) ? null : isNew ? onNewCluster(onCluster, newCluster.request) : onCluster;
  const checksFirst = isNew && newCluster.creation.checksFirst;
  const otherTotal = check.data !== undefined && !form.tryRun && fixedTotalFault(totalOf(check.data), form.users, workers) !== null;
  const blocked = otherTotal || (shown?.ok === false && (form.revision === null || typedCheck.data !== undefined)) || (typedCheck.data?.faults.length ?? 0) > 0;
  // While the button is disabled, missing entries are shown immediately.
  const faults = { ...beside, ...(tried || blocked ? checked.faults : { judged: NO_FAULTS }) };
  const before = like !== undefined && like.plan.id === form.planId ? like : null;
  const different =
    before === null || plan.data === undefined || check.data === undefined
      ? null
      : runDifference(before, {
          form,
          plan: plan.data,
          known,
          ofRevision: form.revision === null ? null : (typedCheck.data?.properties ?? null),
          splittable: files,
          workers: isNew || cluster !== undefined ? workers : null,
        });

  const body = useAnswerInView(start.error ?? newCluster.creation.answer);
  const newForm = newCluster.form;
  const onWorkers =
    newForm === null || newForm.provider === "ssh" || !may("create_cluster")
      ? null
      : (count: number) => {
          setPlace("new");
          newCluster.setForm({ ...newForm, workers: String(count) });
        };
  const submit = submitBy(() => {
    if (request === null || blocked || starting || newCluster.creation.busy !== null) return;
    // Nothing that costs money is created before its price was shown.
    if (checksFirst) {
      start.reset();
      newCluster.creation.check();
    } else start.mutate(request);
  });
  return (
    <Dialog
      wide
      title="Start run"
      onClose={onClose}
      onSubmit={submit}
      footer={
        <>
          {different !== null && <Difference words={different} />}
          {before !== null && plan.data !== undefined && before.plan_revision != null && <FilesDifference before={before} from={before.plan_revision} plan={plan.data} revision={form.revision} />}
          <p className="sum">
            <Sum
              check={shown}
              waiting={typedCheck.waiting}
              cluster={cluster}
              part={isNew ? newCluster : null}
              planned={form.planId !== null}
              failed={check.error !== null}
              faulty={blocked || (tried && request === null) || (isNew && newCluster.creation.refusals.length > 0)}
            />
          </p>
          <DialogButtons
            onCancel={onClose}
            action={actionOf(starting, checksFirst, newCluster.creation.busy !== null, form.tryRun, queues)}
            disabled={starting || blocked || newCluster.creation.busy !== null}
          />
        </>
      }
    >
      <div ref={body}>
        {before !== null && !isReset && (
          <p className="field-help mb-3">
            Starts with the settings of <Link to={`/runs/${before.id}`}>{before.name}</Link>, {formatDateTime(before.created_ms)}.{" "}
            <button
              type="button"
              className="btn btn-link btn-sm p-0"
              onClick={() => {
                setReset(true);
                setForm({ ...EMPTY_FORM, planId: form.planId, clusterId: cluster?.id ?? null, tryRun: form.tryRun });
              }}
            >
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
            fault={faults.plan} // The earlier run's name is not that of another plan's run.
            onChange={(id) => {
              setReset(true);
              setForm(withPlan({ ...form, name: form.name === first.name ? "" : form.name }, id));
            }}
          />
          <PickCluster
            choice={clusters}
            value={isNew ? NEW_CLUSTER : (cluster?.id ?? null)}
            offersNew={may("create_cluster")}
            now
            fault={faults.cluster}
            onChange={(id) => {
              setPlace(id === NEW_CLUSTER ? "new" : "cluster");
              if (id !== NEW_CLUSTER) setForm({ ...form, clusterId: id });
            }}
          />
        </div>
        <Switch
          label="Try run"
          help="Checks whether the plan works: 1 user and 1 iteration of each thread group, max 30 s, on 1 node. Fails at the first failed sample, keeps the responses of failed samples, and is excluded from trends."
          checked={form.tryRun}
          onChange={(on) => setForm({ ...form, tryRun: on })}
        />
        {isNew && (
          <fieldset className="form-part">
            <legend>New cluster for this run, terminated after it</legend>
            <NewClusterFields part={newCluster} tried={tried} />
          </fieldset>
        )}
        {form.planId !== null && check.data === undefined && (check.error === null ? <Waiting what="Checking the plan…" tall /> : <ErrorBox error={check.error} />)}
        {shown !== undefined && shown.findings.length > 0 && <Findings findings={shown.findings} />}
        <FaultNotes faults={placed.rest} />
        {typedCheck.error !== null && <ErrorBox error={typedCheck.error} />}
        {check.data !== undefined && (
          <>
            {before !== null && plan.data !== undefined && <AsItWas like={before} plan={plan.data} form={form} onChange={setForm} />}
            {shown !== undefined && !form.tryRun && <LoadShape shape={shown.shape} />}
            {!form.tryRun && <TotalUsers check={check.data} workers={workers} form={form} fault={faults.share} onWorkers={onWorkers} onChange={setForm} />}
            <PropertyFields check={check.data} workers={workers} form={form} onChange={setForm} faults={faults} />
            <PropertiesFileFields plan={plan.data} form={form} onChange={setForm} />
            {!form.tryRun && <SplitFields check={check.data} workers={workers} form={form} onChange={setForm} />}
            {!form.tryRun && <SpreadFields workers={workers} form={form} faults={faults} onChange={setForm} />}
            {plan.data !== undefined && !form.tryRun && <RunJudged plan={plan.data} judged={form.judged} faults={faults.judged} onChange={(judged) => setForm({ ...form, judged })} />}
          </>
        )}
        <div className="field-pair">
          <Field label="Run name">
            {(attributes) => <input {...attributes} type="text" placeholder="the plan’s name" value={form.name} onChange={(event) => setForm({ ...form, name: event.target.value })} />}
          </Field>
          <Field label="Graceful stop timeout" unit="seconds" help="How long users may finish before requests are aborted." fault={faults.grace}>
            {(attributes) => <input {...attributes} type="text" inputMode="numeric" placeholder="default" value={form.grace} onChange={(event) => setForm({ ...form, grace: event.target.value })} />}
          </Field>
        </div>
        {start.error !== null && <ErrorBox error={start.error} />}
      </div>
    </Dialog>
  );
}

/** The only plan and the only cluster are preselected. */
function withOnlyChoice(form: RunForm, clusters: RunnableCluster[], plans: string[]): RunForm {
  const [onlyCluster] = clusters;
  const [onlyPlan] = plans;
  return {
    ...form,
    clusterId: form.clusterId ?? (clusters.length === 1 && onlyCluster !== undefined ? onlyCluster.id : null),
    planId: form.planId ?? (plans.length === 1 && onlyPlan !== undefined ? onlyPlan : null),
  };
}

/** Shown before the start, so that two runs differ only in what was intended. */
function Difference({ words }: { words: string[] }) {
  return <p className="sum run-difference">{words.length === 0 ? "Same settings as the last run." : `Since the last run: ${words.join(", ")}.`}</p>;
}

/** The files that changed since the previous run. */
function FilesDifference({ before, from, plan, revision }: { before: Run; from: number; plan: Plan; revision: number | null }) {
  const to = revision ?? plan.revision;
  const { data } = useRevisionDifference(plan.id, from, to, from !== to);
  if (from === to || data === undefined) return null;
  const files = data.files.map(({ path, change }) => `${changeWord(change)} ${path}`);
  return (
    <p className="sum run-difference">
      {files.length === 0
        ? sameFilesWords({ revision: from, main_file: before.main_file }, { revision: to, main_file: to === plan.revision ? plan.main_file : null })
        : `Changed since revision ${from}: ${files.join(", ")}.`}
    </p>
  );
}

/** On an existing cluster, or on one that is created for the run. */
type Place = "cluster" | "new";
const NO_REFUSALS: Fault[] = [];

function onNewCluster(request: NewRun, cluster: NewCluster | null): NewRun {
  const settings = { ...request, new_cluster: cluster };
  delete settings.cluster_id;
  return settings;
}

function actionOf(starting: boolean, checksFirst: boolean, checking: boolean, tries: boolean, queues: boolean): string {
  if (starting) return "Starting…";
  if (checking) return "Checking…";
  return checksFirst ? "Check and show price" : queues ? "Queue run" : tries ? "Start try run" : "Start run";
}

interface SumProps {
  check: Check | undefined;
  waiting: boolean;
  cluster: RunnableCluster | undefined;
  part: NewClusterPart | null;
  /** A plan is selected, and its check failed. */
  planned: boolean;
  failed: boolean;
  /** Errors are shown, which prevent the start. */
  faulty: boolean;
}

/** A summary of the current settings: what runs where, and its cost. */
function Sum({ check, waiting, cluster, part, planned, failed, faulty }: SumProps) {
  const placed = cluster !== undefined || part !== null;
  if (!planned) return placed ? "Select a plan." : "Select a plan and a cluster.";
  if (!placed) return "Select a cluster.";
  if (check === undefined) return failed ? "The plan could not be checked." : "Checking the plan…";
  if (faulty || !check.ok) return "Fix the errors above.";
  const price = part?.creation.forecast?.usd_per_hour ?? null;
  return (
    <span aria-busy={waiting}>
      <strong>{totalWords(check)}</strong> {part === null ? `on ${cluster?.name}` : part.request === null ? "on a new cluster" : `on a new cluster: ${sumWords(part.request)}`}.
      {price !== null && part?.request != null && <> {priceWords(price, part.request.config)}</>}
    </span>
  );
}
