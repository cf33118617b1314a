import { autoStopWords } from "@/features/results/judgedWords";
import { encodePath } from "@/shared/api/client";
import type { Run } from "@/shared/api/types";
import { formatDuration } from "@/shared/format/time";
import { Download } from "@/shared/ui/Download";
import { resultsWords } from "../spreadWords";

/** What the run was started with. */
export function Settings({ run }: { run: Run }) {
  const properties = Object.entries(run.properties);
  const results = resultsWords(run);
  return (
    <section className="card list-card" aria-label="Settings">
      <header className="chart-head">
        <h2>Run settings</h2>
      </header>
      <ul className="pairs">
        {properties.map(([name, value]) => (
          <li key={name}>
            <code>{name}</code>
            <span className="pair-value">{value === "" ? <em>empty</em> : value}</span>
          </li>
        ))}
        {Object.entries(run.system_properties).map(([name, value]) => (
          <li key={`system ${name}`}>
            <code>-D{name}</code>
            <span className="pair-value">{value === "" ? <em>empty</em> : value}</span>
          </li>
        ))}
        {Object.entries(run.share).map(([name, total]) => (
          <li key={`share ${name}`}>
            <code>{name}</code>
            <span className="pair-value">{total}, divided among the workers</span>
          </li>
        ))}
        {results !== null && (
          <li>
            <span>Results</span>
            <span className="pair-value">{results}</span>
          </li>
        )}
        {run.min_workers != null && (
          <li>
            <span>Minimum workers</span>
            <span>{run.min_workers}</span>
          </li>
        )}
        {run.split.map((path) => (
          <li key={`split ${path}`}>
            <span>{path}</span>
            <span className="text-muted">split across workers</span>
          </li>
        ))}
        {run.keep.map((pattern) => (
          <li key={`keep ${pattern}`}>
            <code>{pattern}</code>
            <span className="text-muted">files kept</span>
          </li>
        ))}
        {run.versions !== null && (
          <li>
            <span>Versions</span>
            <span className="pair-value">
              JMeter {run.versions.jmeter}, Java {run.versions.java.join(" and ")}, JAC {run.versions.jac}
            </span>
          </li>
        )}
        {run.files.map((file) => (
          <li key={`file ${file.path}`}>
            <span title={file.sha256 === null ? "Plan file as it was run" : `Plan file as it was run, SHA-256 ${file.sha256}`}>
              <Download path={`/runs/${run.id}/artefacts/${encodePath(`plan/${file.path}`)}`}>{file.path}</Download>
            </span>
            <span className="text-muted">{file.path === run.main_file ? "main plan" : file.kind}</span>
          </li>
        ))}
        <li>
          <span>Automatic stop</span>
          <span className="pair-value">{autoStopWords(run.stop_rules)}</span>
        </li>
        {(run.criteria_expressions.length > 0 || run.criteria_version !== null) && (
          <li>
            <span>Criteria</span>
            <span className="pair-value">{run.criteria_version === null ? "set for this run" : `version ${run.criteria_version} of the plan`}</span>
          </li>
        )}
        <li>
          <span>Graceful stop timeout</span>
          <span>{formatDuration(run.stop_timeout_s)}</span>
        </li>
      </ul>
    </section>
  );
}
