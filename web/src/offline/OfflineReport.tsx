import { ReportBody } from "@/features/results/components/ReportBody";
import { causeChip, doubtChip, verdictChip } from "@/features/results/runWords";
import type { Report } from "@/shared/api/types";
import { formatBytes, plural } from "@/shared/format/numbers";
import { formatDateTime, zoneName } from "@/shared/format/time";
import { Chip } from "@/shared/ui/Chip";
import { PageHead } from "@/shared/ui/PageHead";
import { OfflineActions } from "./OfflineActions";

/** A finished run's report, or that of any log, in a page of its own. */
export function OfflineReport({ report }: { report: Report }) {
  return (
    <>
      <Head report={report} />
      <ReportBody report={report} />
      <Foot report={report} />
    </>
  );
}

function Head({ report }: { report: Report }) {
  const { run, summary } = report;
  const verdict = run === null ? null : verdictChip(run.verdict, summary.total);
  const doubt = doubtChip(summary.total);
  return (
    <PageHead
      title={report.title}
      tab={`${report.title}, report`}
      chips={
        <>
          {run !== null && <Chip {...causeChip(run.cause, summary.total)} />}
          {doubt !== null && <Chip {...doubt} />}
          {verdict !== null && <Chip {...verdict} />}
        </>
      }
      facts={
        <>
          {summary.start_ms !== null && (
            <span>
              {formatDateTime(summary.start_ms)} {zoneName(summary.start_ms)}
            </span>
          )}
          {run !== null && <span>plan {run.plan}</span>}
          {run !== null && <span>{run.workers === 0 ? "master alone" : plural(run.workers, "worker")}</span>}
          {report.files.map((file) => (
            <span key={file.name}>
              {file.name} ({formatBytes(file.bytes)})
            </span>
          ))}
        </>
      }
      actions={<OfflineActions />}
    />
  );
}

function Foot({ report }: { report: Report }) {
  const properties = Object.entries(report.run?.properties ?? {});
  return (
    <footer className="offline-foot">
      {properties.length > 0 && (
        <p>
          Properties:{" "}
          {properties.map(([name, value]) => (
            <code key={name}>
              {name}={value}
            </code>
          ))}
        </p>
      )}
      <p>
        Made by JAC {report.jac_version} at {formatDateTime(report.created_ms)}. 1 KB is 1,024 bytes; response times are from JMeter's own log.
      </p>
    </footer>
  );
}
