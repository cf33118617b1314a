import type { CriterionResult, CriterionWatch, StopRuleState } from "@/shared/api/types";
import { joined, MISSING, splitPercent } from "@/shared/format/numbers";
import { formatDuration, formatTimeNear } from "@/shared/format/time";
import { Chip, type ChipLook } from "@/shared/ui/Chip";
import { criterionWords, metricWords, stopRuleWords } from "../criteria";
import { limitWords, metPercent, resultChip, ruleChip, valueWords } from "../judgedWords";

interface Props {
  results: CriterionResult[];
  /** The history of each criterion; results without it have no times. */
  watch?: CriterionWatch[];
  /** Criteria without a result yet. */
  expressions: string[];
  warmUpS?: number;
  /** The rules of the automatic stop, and during the run their current state. */
  rules?: StopRuleState[];
  ruleExpressions?: string[];
  live?: boolean;
}

const NONE: never[] = [];
/** Before the first evaluation: reserves the space of the results. */
const NO_VALUE: ChipLook = { tone: "running", word: "no value yet", icon: "clock" };

/** A card for each criterion: metric, limit, actual value, result, since when. The same live and finished. */
export function Criteria({ results, watch = NONE, expressions, warmUpS = 0, rules = NONE, ruleExpressions = NONE, live = false }: Props) {
  if (results.length === 0 && expressions.length === 0 && rules.length === 0 && ruleExpressions.length === 0) return null;
  const open = expressions.filter((expression) => !results.some((result) => result.expression === expression));
  const openRules = ruleExpressions.filter((expression) => !rules.some((rule) => rule.expression === expression));
  return (
    <section className="card list-card" aria-label="Criteria">
      <header className="chart-head">
        <h2>Criteria</h2>
        <span className="chart-unit">
          {live && "evaluated once a second"}
          {live && warmUpS > 0 && ", "}
          {warmUpS > 0 && `samples of the first ${formatDuration(warmUpS)} do not count`}
        </span>
      </header>
      <ul className={live ? "criteria criteria-live" : "criteria"}>
        {results.map((result) => (
          <ResultCard key={result.expression} result={result} watch={watch.find(({ expression }) => expression === result.expression)} live={live} />
        ))}
        {open.map((expression) => (
          <JudgedCard key={expression} title={criterionWords(expression)} expression={expression} chip={NO_VALUE} actual={MISSING} />
        ))}
        {rules.map((rule) => (
          <JudgedCard
            key={rule.expression}
            title="Automatic stop"
            expression={rule.expression}
            chip={ruleChip(rule)}
            actual={valueWords(rule.actual, rule.unit)}
            limit={`Stops if ${stopRuleWords(rule.expression)}`}
            note={rule.node}
          />
        ))}
        {openRules.map((expression) => (
          <JudgedCard key={expression} title="Automatic stop" expression={expression} chip={NO_VALUE} actual={MISSING} limit={`Stops if ${stopRuleWords(expression)}`} />
        ))}
      </ul>
    </section>
  );
}

function ResultCard({ result, watch, live }: { result: CriterionResult; watch: CriterionWatch | undefined; live: boolean }) {
  const { detail, expression } = result;
  const chip = resultChip(result, live);
  if (detail === null) return <JudgedCard title={expression} expression={expression} chip={chip} limit={result.sentence} />;
  return (
    <JudgedCard
      title={`${metricWords(detail.metric)}${detail.label === null ? "" : ` of “${detail.label}”`}`}
      expression={expression}
      chip={chip}
      actual={valueWords(detail.actual, detail.unit)}
      limit={`Fails if ${limitWords(detail)}`}
      note={watch === undefined ? null : sinceWords(watch, live)}
    />
  );
}

/** Since when, and whether it was ever different. */
function sinceWords(watch: CriterionWatch, live: boolean): string {
  const { met, since_ms, began_ms, first_broken_ms } = watch;
  const share = metPercent(watch);
  const parts = [
    since_ms === began_ms && met
      ? "always met"
      : live
        ? `${met ? "met" : "failing"} since ${formatTimeNear(since_ms, began_ms)}`
        : `${met ? "met" : "failed"} from ${formatTimeNear(since_ms, began_ms)} on`,
  ];
  if (first_broken_ms !== null && first_broken_ms !== since_ms) parts.push(`first failed ${formatTimeNear(first_broken_ms, began_ms)}`);
  if (share !== null && share < 100) parts.push(`met ${joined(splitPercent(share))} of the time`);
  return parts.join(" · ");
}

interface CardProps {
  title: string;
  expression: string;
  chip: ChipLook;
  actual?: string;
  limit?: string;
  note?: string | null;
}

function JudgedCard({ title, expression, chip, actual, limit, note }: CardProps) {
  return (
    <li title={expression}>
      <div className="criterion-head">
        <span>{title}</span>
        <Chip {...chip} />
      </div>
      {actual !== undefined && <strong className="criterion-actual">{actual}</strong>}
      {limit !== undefined && <span className="criterion-limit">{limit}</span>}
      {note !== null && note !== undefined && <span className="criterion-note">{note}</span>}
    </li>
  );
}
