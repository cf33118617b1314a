import { useMemo, type ReactNode } from "react";
import type { Annotation, CriterionResult, CriterionWatch, Entry, Report } from "@/shared/api/types";
import { TimelineProvider } from "@/shared/charts/timeline";
import { Empty } from "@/shared/ui/Empty";
import { Figures } from "@/shared/ui/Figures";
import { finalFigures, type Baseline } from "../finalFigures";
import { pointsOfLabels, summaryOfLabels } from "../labelScope";
import { pointsWithin, rampUpOf, type ReportPart } from "../reportPart";
import type { NamedNode } from "../nodeNames";
import type { ShowSamples } from "../sampleWhere";
import type { TransactionParts } from "../folding";
import { PartsOfTransactions, Transactions, transactionsOf } from "../transactions";
import { useChosenLabels } from "../useChosenLabels";
import type { ChartView } from "../useDrawing";
import { Annotations } from "./Annotations";
import { Criteria } from "./Criteria";
import { EntryTable } from "./EntryTable";
import { ErrorsSection } from "./ErrorsSection";
import { Notes } from "./Notes";
import { OverTimeSection } from "./OverTimeSection";
import { CutRampUp, PartHead } from "./PartHead";
import { ReportIndex } from "./ReportIndex";
import { ResponseTimesSection } from "./ResponseTimesSection";
import { ResultCharts } from "./ResultCharts";
import { ThroughputSection } from "./ThroughputSection";
import { Workers } from "./Workers";

interface Props {
  report: Report;
  /** The sample search, if there is a log to search, and the links to it from the tables. */
  samples?: { section: ReactNode; show: ShowSamples };
  /** The baseline run, if there is one. */
  baseline?: Baseline | null;
  /** The figures of the time range to which the charts are zoomed, if available; otherwise the figures are the whole run's. */
  part?: ReportPart | null;
  /** The selected labels counted as one, if the server has counted them; otherwise only what can be added up. */
  together?: Entry | null;
  /** The run's annotations if they can be edited; otherwise the report's own. */
  annotating?: { moments: Annotation[]; pick: ((ms: number) => void) | null; list: ReactNode };
  /** The run's nodes, if known: its load generators are shown by their names. */
  runNodes?: NamedNode[];
  /** Charts of the run's nodes, on the time axis of the others. */
  nodes?: ReactNode;
  /** The labels inside each transaction; else as the report has them. */
  parts?: TransactionParts | undefined;
  /** Every label can be selected for the charts, because the page loads what the report does not contain. Otherwise only the labels with the most samples can. */
  anyLabel?: boolean;
}

const NO_CRITERIA: CriterionResult[] = [];
const NO_WATCH: CriterionWatch[] = [];
const NO_ANNOTATIONS: Annotation[] = [];
const NO_NODES: NamedNode[] = [];
const NO_PARTS: TransactionParts = {};
/** This note counts the samples of the whole run, so it is not shown next to the figures of a part. */
const COUNTED = "transactions_not_in_total";
const NODES = [{ id: "nodes", name: "Nodes" }];
const SAMPLES = [{ id: "samples", name: "Samples" }];

/** A finished run's results: the same on the run's page and in the offline file. */
export function ReportBody({ report, samples, baseline = null, part = null, together = null, annotating, runNodes = NO_NODES, nodes, parts, anyLabel = false }: Props) {
  const { summary, series, run } = report;
  const shown = part?.report ?? report;
  const { interval } = shown;
  const all = useMemo(() => summary.labels.filter((each) => each.samples > 0).map((each) => each.label), [summary.labels]);
  const names = useMemo(() => {
    const busiest = series.labels.map((each) => each.label);
    return anyLabel ? [...new Set([...busiest, ...all])] : busiest;
  }, [anyLabel, series.labels, all]);
  const labels = useChosenLabels(names);
  const { slots, chosen } = labels;
  const view = useMemo<ChartView>(() => ({ points: series.points, bucketMs: series.bucket_ms, labels: series.labels, chosen, slots }), [series, chosen, slots]);
  const transactions = useMemo(() => transactionsOf(series.labels, summary.labels), [series.labels, summary.labels]);
  const shownPoints = useMemo(() => (interval === null ? series.points : pointsWithin(series.points, series.bucket_ms, [interval.from_ms, interval.to_ms])), [series, interval]);
  const scoped = useMemo(() => summaryOfLabels(shown.summary, chosen, together), [shown.summary, chosen, together]);
  const rampUp = useMemo(() => rampUpOf(series.points), [series.points]);
  const criteria = run?.criteria ?? NO_CRITERIA;
  const expressions = useMemo(() => criteria.map((result) => result.expression), [criteria]);
  if (summary.total.samples === 0) {
    return (
      <>
        <Notes summary={summary} cause={run?.cause ?? null} notes={report.notes} />
        <Criteria results={criteria} watch={run?.criteria_watch ?? NO_WATCH} expressions={[]} warmUpS={run?.warm_up_s ?? 0} />
        <section className="card">
          <Empty icon="graph-up" title="No samples.">
            The run recorded no samples. See the JMeter log for what each node did.
          </Empty>
        </section>
      </>
    );
  }
  const showSamples = samples?.show ?? null;
  const moments = annotating?.moments ?? run?.annotations ?? NO_ANNOTATIONS;
  return (
    <Transactions value={transactions}>
      <PartsOfTransactions value={parts ?? run?.transactions ?? NO_PARTS}>
        <TimelineProvider originMs={summary.start_ms ?? series.points[0]?.t_ms ?? 0} followed={interval !== null} moments={moments} pick={annotating?.pick ?? null}>
          <Notes summary={summary} cause={run?.cause ?? null} notes={interval === null ? report.notes : report.notes.filter(({ code }) => code !== COUNTED)} />
          {part !== null && <PartHead part={part} />}
          <Figures
            figures={finalFigures(scoped, pointsOfLabels(shownPoints, series.labels, chosen), series.bucket_ms, { baseline: interval === null && chosen.length === 0 ? baseline : null, chosen })}
          />
          <Criteria results={shown.run?.criteria ?? NO_CRITERIA} watch={shown.run?.criteria_watch ?? NO_WATCH} expressions={[]} warmUpS={run?.warm_up_s ?? 0} />
          <ReportIndex
            labels={labels}
            names={names}
            all={all}
            more={[...(nodes ? NODES : []), ...(samples === undefined ? [] : SAMPLES)]}
            cut={rampUp !== null && summary.end_ms !== null && <CutRampUp rampUp={rampUp} endMs={summary.end_ms} />}
          />
          {annotating?.list ?? <Annotations annotations={moments} onEdit={null} onAdd={null} />}
          <ResultCharts
            points={series.points}
            bucketMs={series.bucket_ms}
            labels={series.labels}
            chosen={chosen}
            slots={slots}
            settledUntilMs={null}
            lastSampleMs={summary.end_ms}
            stale={false}
            criteria={expressions}
            bare
          />
          <div id="labels" className="report-section">
            <EntryTable summary={shown.summary} choice={labels} apdex={shown.apdex} showSamples={showSamples} empty="The log contains no samples." />
          </div>
          <OverTimeSection view={view} />
          <ThroughputSection view={view} codes={series.codes} started={series.started} />
          <ResponseTimesSection view={view} profiles={shown.profiles} apdex={shown.apdex} summary={shown.summary} zoomed={interval !== null} />
          <ErrorsSection report={shown} nodes={runNodes} chosen={chosen} showSamples={showSamples} />
          <Workers run={run} />
          {nodes}
          {samples?.section}
        </TimelineProvider>
      </PartsOfTransactions>
    </Transactions>
  );
}
