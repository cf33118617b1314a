import { useState } from "react";
import type { DistributionBin } from "@/shared/api/types";
import { BarCard } from "@/shared/charts/BarCard";
import { Histogram } from "@/shared/charts/Histogram";
import { toCsv } from "@/shared/export/csv";
import { formatCount, formatMs, formatPercent, plural } from "@/shared/format/numbers";
import type { Spread } from "../spread";
import { ChartSelect } from "./ChartSelect";

/** How many samples took how long: of the total, or of one of the chosen labels. */
export function Distribution({ shown }: { shown: Spread[] }) {
  const [wanted, setWanted] = useState<string | null>(null);
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
    <BarCard
      id="distribution"
      title="Distribution"
      unit="samples by response time, failed ones in red"
      says="Distribution of response times"
      csv={csv}
      choices={
        shown.length > 1 &&
        spread !== undefined && <ChartSelect label="Whose distribution" value={spread.key} options={shown.map(({ key, name }) => ({ key, name }))} onChange={setWanted} />
      }
    >
      {(asTable) => {
        if (all === 0) return <div className="table-empty">No samples.</div>;
        return asTable ? <BinTable bins={bins} share={share} /> : <Histogram bars={bars} axis={formatCount} />;
      }}
    </BarCard>
  );
}

function BinTable({ bins, share }: { bins: DistributionBin[]; share: (count: number) => string }) {
  return (
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
  );
}
