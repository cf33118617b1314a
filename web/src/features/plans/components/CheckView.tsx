import type { Check, Misplaced } from "@/shared/api/types";
import { formatBytes, plural } from "@/shared/format/numbers";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Note } from "@/shared/ui/Note";
import { groupNumber, loopWords, totalWords } from "../checkWords";
import { Findings } from "./Findings";
import { LoadShape } from "./LoadShape";

interface Props {
  check: Check;
  /** Moves a file to the path that the plan expects; null: not permitted. */
  move: { mutate: (moved: Misplaced) => void; isPending: boolean; error: Error | null } | null;
}

/** What the plan needs and does: result, findings, load, thread groups, data files, properties. */
export function CheckView({ check, move }: Props) {
  const errors = check.findings.filter((finding) => finding.severity === "error").length;
  return (
    <>
      {check.ok ? (
        <Note tone="good">No problems found. {totalWords(check)}.</Note>
      ) : (
        <Note tone="failed">
          <strong>{plural(errors, "error")} must be fixed before this plan can run.</strong>
        </Note>
      )}
      {check.findings.length > 0 && (
        <section className="card list-card" aria-label="Findings">
          <header className="chart-head">
            <h2>Findings</h2>
          </header>
          <Findings findings={check.findings} />
        </section>
      )}
      <section className="card table-card" aria-label="Thread groups">
        <header className="table-tools">
          <h2>Load</h2>
          <span className="chart-unit">{totalWords(check)}</span>
        </header>
        <LoadShape shape={check.shape} />
        {check.thread_groups.length === 0 ? <div className="table-empty">The plan has no thread groups.</div> : <Groups check={check} />}
      </section>
      <div className="columns">
        <DataFiles check={check} move={move} />
        <Properties check={check} />
      </div>
    </>
  );
}

function Groups({ check }: { check: Check }) {
  return (
    <div className="table-scroll" role="region" aria-label="Thread group table" tabIndex={0}>
      <table className="table-dense">
        <thead>
          <tr>
            <th scope="col" className="main">
              Thread group
            </th>
            <th scope="col" className="num">
              Users per node
            </th>
            <th scope="col" className="num">
              Ramp-up
            </th>
            <th scope="col" className="num">
              Loops
            </th>
            <th scope="col" className="num">
              Duration
            </th>
            <th scope="col" className="num">
              Delay
            </th>
          </tr>
        </thead>
        <tbody>
          {check.thread_groups.map((group, index) => (
            <tr key={`${index} ${group.name}`} className={group.enabled ? "" : "row-off"}>
              <td className="main" title={group.name}>
                {group.name} {group.kind !== "Thread Group" && <span className="text-muted">{group.kind}</span>}
                {!group.enabled && " (disabled)"}
              </td>
              <td className="num">{groupNumber(group, "threads")}</td>
              <td className="num">{groupNumber(group, "ramp_up_s")}</td>
              <td className="num">{loopWords(group)}</td>
              <td className="num">{groupNumber(group, "duration_s")}</td>
              <td className="num">{groupNumber(group, "delay_s")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function DataFiles({ check, move }: Props) {
  return (
    <section className="card list-card" aria-label="Data files">
      <header className="chart-head">
        <h2>Data files</h2>
        <span className="chart-unit">referenced by the plan</span>
      </header>
      <ul className="pairs">
        {check.data_files.map((file) => (
          <li key={`${file.path} ${file.element}`}>
            <span>
              {file.path} <span className="text-muted">in {file.element}</span>
            </span>
            {file.found ? (
              <span className="text-muted">{formatBytes(file.bytes)}</span>
            ) : file.written_by_plan ? (
              <span className="text-muted">written by the plan</span>
            ) : (
              <span className="file-facts">
                <span className="text-failed">missing</span>
                {file.elsewhere != null && <MoveHere misplaced={file.elsewhere} move={move} />}
              </span>
            )}
          </li>
        ))}
        {check.data_files.length === 0 && <li className="text-muted">No data files referenced.</li>}
      </ul>
      {move !== null && move.error !== null && <ErrorBox error={move.error} />}
    </section>
  );
}

/** The file's current path, and a button that moves it to where the plan expects it. */
function MoveHere({ misplaced, move }: { misplaced: Misplaced; move: Props["move"] }) {
  const { from, to } = misplaced;
  return (
    <>
      <span>found at {from}</span>
      {move !== null && (
        <button type="button" className="btn btn-sm btn-outline-secondary" disabled={move.isPending} aria-label={`Move ${from} to ${to}`} onClick={() => move.mutate(misplaced)}>
          Move it here
        </button>
      )}
    </>
  );
}

function Properties({ check }: { check: Check }) {
  return (
    <section className="card list-card" aria-label="Parameters">
      <header className="chart-head">
        <h2>Parameters</h2>
        <span className="chart-unit">set when you start a run</span>
      </header>
      <ul className="pairs">
        {check.properties.map((property) => (
          <li key={property.name}>
            <code>{property.name}</code>
            {property.default === null ? <span className="text-muted">no default</span> : <span className="pair-value">{property.default === "" ? <em>empty</em> : property.default}</span>}
          </li>
        ))}
        {check.properties.length === 0 && <li className="text-muted">The plan has no parameters.</li>}
      </ul>
    </section>
  );
}
