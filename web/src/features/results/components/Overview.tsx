import type { ApdexThresholds } from "@/shared/api/types";
import { BarCard } from "@/shared/charts/BarCard";
import { toCsv } from "@/shared/export/csv";
import { formatCount, formatMs, formatPercent } from "@/shared/format/numbers";
import { LabelName } from "./LabelName";
import { parts, type Part, type Spread } from "../spread";

/** The shares of satisfied, tolerated, frustrated and failed samples: a bar for the total or for each selected label. */
export function Overview({ shown, apdex, empty = "No samples." }: { shown: Spread[]; apdex: ApdexThresholds; empty?: string }) {
  const rows = shown.map((each) => ({ ...each, parts: parts(each.profile) }));
  const limits: Record<Part["key"], string> = {
    satisfied: `up to ${formatMs(apdex.satisfied_ms)}`,
    tolerated: `up to ${formatMs(apdex.tolerated_ms)}`,
    frustrated: "above that",
    failed: "any response time",
  };
  const csv = () =>
    toCsv(
      ["label", "satisfied", "tolerated", "frustrated", "failed"],
      rows.map((row) => [row.name, ...row.parts.map((part) => part.count)]),
    );
  return (
    <BarCard id="overview" title="Overview" unit="samples by Apdex zone" says="Overview of response times" csv={csv}>
      {(asTable) => (
        <>
          {rows.length === 0 && <div className="table-empty">{empty}</div>}
          {asTable || rows.length <= 1 ? null : <Key limits={limits} />}
          <div className="overview" role="region" aria-label="Apdex zones" tabIndex={0}>
            {!asTable &&
              rows.map((row) => (
                <div key={row.key} className="overview-row">
                  {rows.length > 1 && (
                    <span className="overview-name">
                      <LabelName label={row.name} />
                    </span>
                  )}
                  <span className="overview-bar">
                    {row.parts.map((part) => (
                      <i
                        key={part.key}
                        className={`part-${part.key}`}
                        style={{ width: `${part.percent}%` }}
                        title={`${part.name} (${limits[part.key]}): ${formatCount(part.count)}, ${formatPercent(part.percent)}`}
                      />
                    ))}
                  </span>
                </div>
              ))}
            {(asTable || rows.length === 1) && (
              <table className="table-dense">
                <thead>
                  <tr>
                    {rows.length > 1 && <th scope="col">Label</th>}
                    <th scope="col" className="main">
                      Apdex zone
                    </th>
                    <th scope="col" className="num">
                      Count
                    </th>
                    <th scope="col" className="num">
                      Share
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {rows.flatMap((row) =>
                    row.parts.map((part) => (
                      <tr key={`${row.key} ${part.key}`}>
                        {rows.length > 1 && (
                          <td>
                            <LabelName label={row.name} />
                          </td>
                        )}
                        <td className="main">
                          <i className={`part-mark part-${part.key}`} /> {part.name.toLowerCase()} <span className="text-muted">{limits[part.key]}</span>
                        </td>
                        <td className="num">{formatCount(part.count)}</td>
                        <td className="num">{formatPercent(part.percent)}</td>
                      </tr>
                    )),
                  )}
                </tbody>
              </table>
            )}
          </div>
        </>
      )}
    </BarCard>
  );
}

function Key({ limits }: { limits: Record<Part["key"], string> }) {
  const keys = ["satisfied", "tolerated", "frustrated", "failed"] as const;
  return (
    <div className="overview-key">
      {keys.map((key) => (
        <span key={key}>
          <i className={`part-mark part-${key}`} /> {key} <span className="text-faint">{limits[key]}</span>
        </span>
      ))}
    </div>
  );
}
