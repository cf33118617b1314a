import { useZone } from "@/shared/format/zone";
import { Note } from "@/shared/ui/Note";
import { OfflineComparison } from "./OfflineComparison";
import { OfflineReport } from "./OfflineReport";
import type { Reading } from "./readReport";

/** The whole of report.html: a report, or a comparison. */
export function OfflinePage({ reading }: { reading: Reading }) {
  return (
    <main key={useZone()} className="offline">
      {"fault" in reading && <Note tone="failed">{reading.fault}</Note>}
      {"report" in reading && <OfflineReport report={reading.report} />}
      {"comparison" in reading && <OfflineComparison report={reading.comparison} />}
    </main>
  );
}
