import { useState } from "react";
import { ChartHead } from "@/shared/charts/ChartHead";
import { Histogram } from "@/shared/charts/Histogram";
import { copyText } from "@/shared/export/clipboard";
import { toCsv } from "@/shared/export/csv";
import { formatCount, formatMs, formatPercent, plural } from "@/shared/format/numbers";
import type { Spread } from "../spread";
import { ChartSelect } from "./ChartSelect";

/** How many samples took how long: of the total, or of one of the chosen labels. */
export function Distribution({ shown }: { shown: Spread[] }) {
  const [wanted, setWanted] = useState<string | null>(null);
  const [asTable, setAsTable] = useState(false);
  const spread = shown.find((each) => each.key === wanted) ?? shown[0];
  const bins = spread?.profile.distribution ?? [];
  const all = bins.reduce((sum, bin) => sum + bin.samples, 0);
  const share = (count: number) => formatPercent((count / all) * 100);
  const bars = bins.map((bin) => ({
    key: String(bin.from_ms),
    label: formatMs(bin.from_ms),
    value: bin.samples,
    bad: bin.errors,
    says: `${formatMs(bin.from_ms)} to ${formatMs(bin.to_ms)}: ${plural(bin.samples, "sample")}, ${share(bin.samples)}, ${plural(bin.errors, "error")}`,
  }));
  const csv = () =>
    toCsv(
      ["from_ms", "to_ms", "samples", "errors"],
      bins.map((bin) => [bin.from_ms, bin.to_ms, bin.samples, bin.errors]),
    );
  return (
    <section className="card chart-card" data-chart="distribution" aria-label="Distribution of response times">
      <ChartHead
        title="Distribution"
        unit="samples by response time, failed ones in red"
        y={null}
        onY={() => undefined}
        asTable={asTable}
        onAsTable={setAsTable}
        onCopyCsv={async () => ((await copyText(csv())) ? "Copied" : "Not allowed by the browser")}
        onCopyPng={null}
        choices={
          shown.length > 1 &&
          spread !== undefined && <ChartSelect label="Whose distribution" value={spread.key} options={shown.map(({ key, name }) => ({ key, name }))} onChange={setWanted} />
        }
      />
      {all === 0 && <div className="table-empty">No samples.</div>}
      {all > 0 && !asTable && <Histogram bars={bars} axis={formatCount} />}
      {all > 0 && asTable && (
        <div className="chart-table" style={{ height: 240 }}>
          <table className="table-dense">
            <thead>
              <tr>
                <th scope="col">Response time</th>
                <th scope="col" className="num">
                  Samples
                </th>
                <th scope="col" className="num">
                  Share
                </th>
                <th scope="col" className="num">
                  Errors
                </th>
              </tr>
            </thead>
            <tbody>
              {bins.map((bin) => (
                <tr key={bin.from_ms}>
                  <td>
                    {formatMs(bin.from_ms)} to {formatMs(bin.to_ms)}
                  </td>
                  <td className="num">{formatCount(bin.samples)}</td>
                  <td className="num">{share(bin.samples)}</td>
                  <td className="num">{formatCount(bin.errors)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
