import { ErrorMessage } from "@/features/results/components/ErrorMessage";
import type { ErrorType } from "@/shared/api/types";
import { formatCount, plural } from "@/shared/format/numbers";
import { Icon } from "@/shared/ui/Icon";
import { Note } from "@/shared/ui/Note";
import type { Difference, ErrorChanges } from "../differences";

/** Differences in the settings of two runs, shown before the results. */
export function Differences({ found, before, after }: { found: Difference[]; before: string; after: string }) {
  return (
    <section className="card list-card" aria-label="Differences">
      <header className="chart-head">
        <h2>Differences</h2>
        <span className="chart-unit">
          {before} → {after}
        </span>
      </header>
      {found.length === 0 ? (
        <div className="table-empty">Same plan, users, workers, properties, machines and versions.</div>
      ) : (
        <ul className="pairs">
          {found.map((each) => (
            <li key={each.key}>
              <span>{each.key.startsWith("property ") ? <code>{each.name}</code> : each.name}</span>
              <span className="pair-value">
                {each.before} → <strong>{each.after}</strong>
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Shown instead of a verdict, or next to a requested one: slower responses under twice the load are expected. */
export function OtherLoad({ judged, onJudge }: { judged: boolean; onJudge: (judges: boolean) => void }) {
  return (
    <Note tone="attention">
      <strong>{judged ? "The load was different." : "The load was different: no verdict."}</strong> Response times depend on the load.{" "}
      <button type="button" className="btn btn-sm btn-outline-secondary" onClick={() => onJudge(!judged)}>
        {judged ? "Undo" : "Compare anyway"}
      </button>
    </Note>
  );
}

const MOST_SHOWN = 10;

/** Failures that only one of the two has. */
export function ErrorDifferences({ changes, before, after }: { changes: ErrorChanges; before: string; after: string }) {
  if (changes.new.length === 0 && changes.gone.length === 0) return null;
  return (
    <section className="card list-card" aria-label="New and gone errors">
      <header className="chart-head">
        <h2>Errors</h2>
        <span className="chart-unit">by code and message</span>
      </header>
      <ErrorList title={`New in ${after}`} errors={changes.new} />
      <ErrorList title={`Only in ${before}`} errors={changes.gone} />
    </section>
  );
}

function ErrorList({ title, errors }: { title: string; errors: ErrorType[] }) {
  if (errors.length === 0) return null;
  return (
    <>
      <h3 className="error-changes">
        <Icon name="x-circle" /> {title}: {plural(errors.length, "error type")}
      </h3>
      <ul className="pairs">
        {errors.slice(0, MOST_SHOWN).map((error) => (
          <li key={`${error.code} ${error.message}`}>
            <span title={error.example}>
              <ErrorMessage code={error.code} message={error.message} />
            </span>
            <span className="pair-value">{formatCount(error.count)}</span>
          </li>
        ))}
        {errors.length > MOST_SHOWN && <li className="text-muted">and {formatCount(errors.length - MOST_SHOWN)} more</li>}
      </ul>
    </>
  );
}
