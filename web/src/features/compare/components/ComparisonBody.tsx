import { useMemo, type ReactNode } from "react";
import type { ComparedResult, Comparison, ComparisonReport, RunsOverTime } from "@/shared/api/types";
import { lineColour } from "@/shared/charts/palette";
import { TimelineProvider } from "@/shared/charts/timeline";
import { formatCount, plural } from "@/shared/format/numbers";
import { Chip } from "@/shared/ui/Chip";
import { Icon } from "@/shared/ui/Icon";
import { Note } from "@/shared/ui/Note";
import { useTheme } from "@/shared/ui/theme";
import { putParameter, useUrlParameters } from "@/shared/url/useUrlParameters";
import { differencesOf, errorChanges, type Difference } from "../differences";
import { changeChip, countChanges, findingWords, lineSentence, outcomeLook, outcomeTone } from "../changeWords";
import { ofLabel, type Overlaid } from "../overlay";
import { resultNames } from "../resultNames";
import { Differences, ErrorDifferences, OtherLoad } from "./Differences";
import { ChangeTable } from "./ChangeTable";
import { OverlayCharts } from "./OverlayCharts";
import { ResultTable } from "./ResultTable";

interface Props {
  report: ComparisonReport;
  /** A result's name, as a link if it has a page. */
  nameOf?: (result: ComparedResult, name: string) => ReactNode;
  /** Actions on a result: set as baseline, remove. */
  actionsOf?: (result: ComparedResult, index: number) => ReactNode;
  /** A label in the charts over time, if its points are available. */
  labelled?: Labelled;
}

export interface Labelled {
  /** null: the totals. */
  label: string | null;
  choice: ReactNode;
  series: RunsOverTime | undefined;
  /** Why there is nothing to draw. */
  empty: string;
}

/** A comparison of results: the same in the web app and in the offline file. The pair shown in the table is in the URL. */
export function ComparisonBody({ report, nameOf, actionsOf, labelled }: Props) {
  const { scheme } = useTheme();
  const [parameters, change] = useUrlParameters();
  const { results, comparisons } = report;
  const all = useMemo<Overlaid[]>(() => {
    const names = resultNames(results);
    return results.map((result, index) => ({ key: `result ${index}`, name: names[index] ?? result.name, colour: lineColour(index, scheme), result }));
  }, [results, scheme]);
  const label = labelled?.label ?? null;
  const series = labelled?.series;
  const drawn = useMemo(() => (label === null ? all : ofLabel(all, series)), [all, label, series]);
  const chosen = Number(parameters.get("with") ?? "1");
  const shown = Number.isInteger(chosen) && chosen >= 1 && chosen <= comparisons.length ? chosen : 1;
  const comparison = comparisons[shown - 1];
  const [before, after] = [all[0]?.name ?? comparison?.before ?? "", all[shown]?.name ?? comparison?.after ?? ""];
  const differences = differencesBetween(results[0], results[shown]);
  const otherLoad = (index: number) => hasOtherLoad(results[0], results[index], comparisons[index - 1]);
  // Requested for one pair, identified by the other result.
  const pairs = parameters.getAll("judge");
  const pairOf = (index: number) => results[index]?.run_id ?? String(index);
  const judgesAnyway = (index: number) => pairs.includes(pairOf(index));
  /** Under a different load the results say nothing about the system under test, so a verdict is given only on request. */
  const withheld = (index: number) => otherLoad(index) && !judgesAnyway(index);
  const judge = (index: number, judges: boolean) =>
    change((url) => {
      url.delete("judge");
      for (const each of pairs.filter((pair) => pair !== pairOf(index))) url.append("judge", each);
      if (judges) url.append("judge", pairOf(index));
    });
  const show = (index: number) => change((url) => putParameter(url, "with", index === 1 ? null : String(index)));
  return (
    <TimelineProvider originMs={0} aligned>
      <ResultTable all={all} comparisons={comparisons} withheld={withheld} {...(nameOf === undefined ? {} : { nameOf })} {...(actionsOf === undefined ? {} : { actionsOf })} />
      {comparisons.length > 1 && (
        <div className="section-head compare-with">
          <span className="section-note">Compare {all[0]?.name} with</span>
          <div className="btn-group btn-group-sm" role="group" aria-label="Which result is compared">
            {comparisons.map((_each, index) => (
              <button key={all[index + 1]?.key} type="button" className="btn btn-outline-secondary" aria-pressed={shown === index + 1} onClick={() => show(index + 1)}>
                <i className="part-mark" style={{ background: all[index + 1]?.colour }} /> {all[index + 1]?.name}
              </button>
            ))}
          </div>
        </div>
      )}
      {comparison !== undefined && (
        <>
          {differences !== null && <Differences found={differences} before={before} after={after} />}
          {otherLoad(shown) && <OtherLoad judged={!withheld(shown)} onJudge={(judges) => judge(shown, judges)} />}
          <Outcome comparison={comparison} before={before} after={after} judged={!withheld(shown)} />
          <ErrorDifferences changes={errorChanges(results[0]?.errors ?? NO_ERRORS, results[shown]?.errors ?? NO_ERRORS)} before={before} after={after} />
          <ChangeTable comparison={comparison} judged={!withheld(shown)} />
        </>
      )}
      <OverlayCharts all={drawn} totals={all} choice={labelled?.choice} empty={label === null ? "No data over time." : (labelled?.empty ?? "")} />
      {comparison !== undefined && <Method notes={comparison.notes} />}
    </TimelineProvider>
  );
}

const NO_ERRORS: never[] = [];

function differencesBetween(before: ComparedResult | undefined, after: ComparedResult | undefined): Difference[] | null {
  return before === undefined || after === undefined ? null : differencesOf(before, after);
}

/** By the runs' settings. If these are unknown, by the measured rate, which a slower system under test may also have caused. */
function hasOtherLoad(before: ComparedResult | undefined, after: ComparedResult | undefined, comparison: Comparison | undefined): boolean {
  const differences = differencesBetween(before, after);
  return differences === null ? (comparison?.findings.some(({ code }) => code === "load_differs") ?? false) : differences.some(({ load }) => load);
}

/** The result of a pair, above the tables; first what makes the two hard to compare. */
function Outcome({ comparison, before, after, judged }: { comparison: Comparison; before: string; after: string; judged: boolean }) {
  const { total, labels, missing, outcome, findings } = comparison;
  const counts = countChanges(comparison);
  const why = lineSentence(total);
  const overall = total.change === "same" || total.change === "unclear" ? why : `${total.change}, ${why}`;
  return (
    <>
      {findings.map((finding) => (
        <Note key={`${finding.code} ${finding.message}`} tone="attention">
          {findingWords(finding)}
        </Note>
      ))}
      {judged && (
        <Note tone={outcomeTone(comparison)}>
          <strong>{outcomeLook(outcome).sentence(before, after)}</strong> {labels.length > 0 && <>Overall: {overall}. </>}
          {labels.length > 0 && (
            <span className="compare-counts">
              {plural(labels.length, "label")} in both:
              {counts.map(({ change, count }) => (
                <Chip key={change} {...changeChip(change)} word={`${count} ${changeChip(change).word}`} />
              ))}
            </span>
          )}
        </Note>
      )}
      <OnlyIn labels={missing} where={before} tone="attention" />
      <OnlyIn labels={comparison.new} where={after} tone="info" />
    </>
  );
}

const MOST_NAMED = 20;

function OnlyIn({ labels, where, tone }: { labels: string[]; where: string; tone: "attention" | "info" }) {
  if (labels.length === 0) return null;
  return (
    <Note tone={tone}>
      {plural(labels.length, "label")} only in {where}:{" "}
      {labels.slice(0, MOST_NAMED).map((label) => (
        <code key={label} className="only-label">
          {label}
        </code>
      ))}
      {labels.length > MOST_NAMED && ` and ${formatCount(labels.length - MOST_NAMED)} more`}
    </Note>
  );
}

/** The method of the comparison. */
function Method({ notes }: Pick<Comparison, "notes">) {
  if (notes.length === 0) return null;
  return (
    <section className="card list-card" aria-label="Method">
      <header className="chart-head">
        <h3>
          <Icon name="info-circle" /> Method
        </h3>
      </header>
      <ul className="method">
        {notes.map((note) => (
          <li key={note.code}>{note.message}</li>
        ))}
      </ul>
    </section>
  );
}
