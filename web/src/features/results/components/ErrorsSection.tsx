import { useMemo } from "react";
import type { Report } from "@/shared/api/types";
import { plural } from "@/shared/format/numbers";
import { errorsOfLabels, summaryOfLabels } from "../labelScope";
import { namedHosts, type NamedNode } from "../nodeNames";
import { shownNote } from "../shownNote";
import type { ShowSamples } from "../sampleWhere";
import { AllLabels } from "./AllLabels";
import { Codes, Hosts } from "./Breakdown";
import { ErrorTable } from "./ErrorTable";
import { ErrorTypeTable } from "./ErrorTypeTable";
import { ReportSection } from "./ReportSection";
import { RequestSummary } from "./RequestSummary";
import { TopErrorTable } from "./TopErrorTable";

/** The errors and their responses; of the selected labels if that is known. */
export function ErrorsSection({ report, nodes, chosen, showSamples }: { report: Report; nodes: NamedNode[]; chosen: string[]; showSamples: ShowSamples | null }) {
  const { codes } = report;
  const hosts = namedHosts(report.hosts, nodes);
  const summary = useMemo(() => summaryOfLabels(report.summary, chosen), [report.summary, chosen]);
  const errors = useMemo(() => errorsOfLabels(report.errors, chosen), [report.errors, chosen]);
  const { total } = summary;
  return (
    <ReportSection id="errors" title="Errors" note={[total.errors === 0 ? "none" : plural(total.errors, "error"), shownNote(chosen)].filter((each) => each !== undefined).join(" · ")}>
      <div className="stack">
        <div className="breakdowns">
          <RequestSummary total={total} />
          <Codes codes={codes} scope={<AllLabels chosen={chosen} />} />
          {hosts.length > 0 && <Hosts hosts={hosts} scope={<AllLabels chosen={chosen} />} />}
        </div>
        {errors.length === 0 ? (
          <section className="card">
            <div className="table-empty table-empty-alone">{chosen.length === 0 ? "No failed samples." : "No failed samples of the selected labels."}</div>
          </section>
        ) : (
          <>
            <ErrorTypeTable errors={errors} total={total} showSamples={showSamples} />
            <TopErrorTable errors={errors} summary={summary} />
            <ErrorTable errors={errors} allErrors={total.errors} live={false} showSamples={showSamples} />
          </>
        )}
      </div>
    </ReportSection>
  );
}
