import { useState } from "react";
import type { DistributionBin } from "@/shared/api/types";
import { BarCard } from "@/shared/charts/BarCard";
import { Histogram } from "@/shared/charts/Histogram";
import { toCsv } from "@/shared/export/csv";
import { formatCount, formatMs, formatPercent, plural } from "@/shared/format/numbers";
import { axisTicks, histogramBins } from "../histogramBins";
import type { Spread } from "../spread";
import { ChartSelect } from "./ChartSelect";

/** Maximum number of axis labels. */
const TICKS = 6;

/** The distribution of response times: of the total, or of one of the selected labels. */
export function Distribution({ shown, empty = "No samples." }: { shown: Spread[]; empty?: string }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const spread = shown.find((each) => each.key === chosen) ?? shown[0];
  const { bins, longer } = histogramBins(spread?.profile.distribution ?? []);
  const rows = longer === null ? bins : [...bins, longer];
  const all = rows.reduce((sum, bin) => sum + bin.samples, 0);
  const share = (count: number) => formatPercent((count / all) * 100);
  const barOf = (bin: DistributionBin) => ({
    key: String(bin.from_ms),
    value: bin.samples,
    bad: bin.errors,
    says: `${formatMs(bin.from_ms)} to ${formatMs(bin.to_ms)}: ${plural(bin.samples, "sample")}, ${share(bin.samples)}, ${plural(bin.errors, "error")}`,
  });
  const from = bins[0]?.from_ms ?? 0;
  const to = bins.at(-1)?.to_ms ?? 1;
  const ticks = axisTicks(from, to, TICKS).map((tick) => ({ at: (tick - from) / (to - from), text: formatMs(tick) }));
  const csv = () =>
    toCsv(
      ["from_ms", "to_ms", "samples", "errors"],
      rows.map((bin) => [bin.from_ms, bin.to_ms, bin.samples, bin.errors]),
    );
  return (
    <BarCard
      id="distribution"
      title="Distribution"
      unit="samples by response time; failed samples in red"
      says="Distribution of response times"
      csv={csv}
      choices={
        shown.length > 1 &&
        spread !== undefined && (
          <ChartSelect
            label="Label of the distribution"
            value={spread.key}
            options={shown.map(({ key, name, transaction }) => ({ key, name: transaction === true ? `${name} (transaction)` : name }))}
            onChange={setChosen}
          />
        )
      }
    >
      {(asTable) => {
        if (all === 0) return <div className="table-empty">{empty}</div>;
        return asTable ? (
          <BinTable bins={rows} share={share} />
        ) : (
          <>
            <Histogram bars={bins.map(barOf)} beyond={longer === null ? null : { ...barOf(longer), name: `≥\u00a0${formatMs(longer.from_ms)}` }} ticks={ticks} axis={formatCount} />
            <div className="chart-axis">Response time{longer !== null && `; longest ${formatMs(longer.to_ms - 1)}`}</div>
          </>
        );
      }}
    </BarCard>
  );
}

function BinTable({ bins, share }: { bins: DistributionBin[]; share: (count: number) => string }) {
  return (
    <div className="chart-table" role="region" aria-label="Distribution table" tabIndex={0} style={{ height: 240 }}>
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
