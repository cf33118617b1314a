import type { CriterionResult } from "@/shared/api/types";
import { Icon } from "@/shared/ui/Icon";
import { criterionWords } from "../criteria";

/** Each criterion with the sentence that says how it came out; while running, what will be evaluated. */
export function Criteria({ results, expressions }: { results: CriterionResult[]; expressions: string[] }) {
  if (results.length === 0 && expressions.length === 0) return null;
  const open = expressions.filter((expression) => !results.some((result) => result.expression === expression));
  return (
    <section className="card list-card" aria-label="Criteria">
      <header className="chart-head">
        <h2>Criteria</h2>
        {open.length > 0 && <span className="chart-unit">evaluated at the end</span>}
      </header>
      <ul className="criteria">
        {results.map((result) => (
          <li key={result.expression} className={result.met ? "text-good" : "text-failed"}>
            <Icon name={result.met ? "check-circle" : "x-circle"} />
            <div>
              <strong>{result.met ? "Met:" : "Failed:"}</strong> <span>{result.sentence}</span>
              <span className="criterion" title={result.expression}>
                Fails if {criterionWords(result.expression)}.
              </span>
            </div>
          </li>
        ))}
        {open.map((expression) => (
          <li key={expression}>
            <Icon name="clock" />
            <div>
              <span title={expression}>Fails if {criterionWords(expression)}.</span>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
