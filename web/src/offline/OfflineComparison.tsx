import { ComparisonBody } from "@/features/compare/components/ComparisonBody";
import type { ComparisonReport } from "@/shared/api/types";
import { plural } from "@/shared/format/numbers";
import { formatDateTime } from "@/shared/format/time";
import { PageHead } from "@/shared/ui/PageHead";
import { OfflineActions } from "./OfflineActions";

/** The page of `jac compare --html`. */
export function OfflineComparison({ report }: { report: ComparisonReport }) {
  const title = report.title.replaceAll("->", "→");
  return (
    <>
      <PageHead title={title} tab={`${title}, comparison`} facts={<span>{plural(report.results.length, "result")}, the first is the base</span>} actions={<OfflineActions />} />
      <ComparisonBody report={report} />
      <footer className="offline-foot">
        <p>
          Made by JAC {report.jac_version} at {formatDateTime(report.created_ms)}. Response times are from JMeter’s own logs.
        </p>
      </footer>
    </>
  );
}
