import type { Report } from "@/shared/api/types";
import { TimelineProvider } from "@/shared/charts/timeline";
import { Empty } from "@/shared/ui/Empty";
import { Figures } from "@/shared/ui/Figures";
import { finalFigures } from "../finalFigures";
import { useChosenLabels } from "../useChosenLabels";
import { Codes, Distribution, Hosts } from "./Breakdown";
import { Criteria } from "./Criteria";
import { EntryTable } from "./EntryTable";
import { ErrorTable } from "./ErrorTable";
import { Notes } from "./Notes";
import { ResultCharts } from "./ResultCharts";

/** A finished run's results: the same on the run's page and in the offline file. */
export function ReportBody({ report }: { report: Report }) {
  const { summary, series, run } = report;
  const labels = useChosenLabels(series.labels);
  const chosen = labels.chosen.filter((label) => labels.offered.has(label));
  const criteria = run?.criteria ?? [];
  if (summary.total.samples === 0) {
    return (
      <>
        <Notes summary={summary} cause={run?.cause ?? null} notes={report.notes} />
        <Criteria results={criteria} expressions={[]} />
        <section className="card">
          <Empty icon="graph-up" title="No sample was taken.">
            So there is nothing to draw. JMeter’s log says what each node did.
          </Empty>
        </section>
      </>
    );
  }
  return (
    <TimelineProvider originMs={summary.start_ms ?? series.points[0]?.t_ms ?? 0}>
      <Notes summary={summary} cause={run?.cause ?? null} notes={report.notes} />
      <Figures figures={finalFigures(summary, series.points, series.bucket_ms)} />
      <Criteria results={criteria} expressions={[]} />
      <ResultCharts
        points={series.points}
        bucketMs={series.bucket_ms}
        labels={series.labels}
        chosen={chosen}
        slots={labels.slots}
        settledUntilMs={null}
        lastSampleMs={summary.end_ms}
        stale={false}
        criteria={criteria.map((result) => result.expression)}
      />
      <EntryTable summary={summary} choice={{ ...labels, chosen }} empty="The log holds no samples." />
      <ErrorTable errors={report.errors} allErrors={summary.total.errors} live={false} />
      <div className="breakdowns">
        <Distribution bins={report.profiles.total.distribution} />
        <Codes codes={report.codes} />
        {report.hosts.length > 0 && <Hosts hosts={report.hosts} />}
      </div>
    </TimelineProvider>
  );
}
