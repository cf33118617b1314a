import { encodePath } from "@/shared/api/client";
import type { Artefact, Run } from "@/shared/api/types";
import { formatBytes } from "@/shared/format/numbers";
import { Download } from "@/shared/ui/Download";
import { Loaded } from "@/shared/ui/Loaded";
import { useFailedResponses } from "../api/useFailedResponses";
import { useRunArtefacts } from "../api/useRunArtefacts";
import { FAILURES_FILE, MOST_FAILURES, type FailedResponse } from "../failedResponses";

/** Larger files are only offered for download. */
const LARGEST = 8 << 20;

/** The first failed samples of a try run with request and response; not shown if none failed. */
export function FailedResponses({ run }: { run: Run }) {
  const artefacts = useRunArtefacts(run.id, run.phase);
  const file = artefacts.data?.find((artefact) => artefact.name.endsWith(`/${FAILURES_FILE}`));
  if (file === undefined || (run.headline?.errors ?? 0) === 0) return null;
  return (
    <section className="card list-card" aria-label="Failed samples">
      <header className="chart-head">
        <h2>Failed samples</h2>
        <span className="chart-unit">the first {MOST_FAILURES}, with their responses</span>
        <Download className="ms-auto" path={`/runs/${run.id}/artefacts/${encodePath(file.name)}`}>
          All, {formatBytes(file.bytes)}
        </Download>
      </header>
      {file.bytes <= LARGEST && <Responses run={run} file={file} />}
    </section>
  );
}

function Responses({ run, file }: { run: Run; file: Artefact }) {
  const query = useFailedResponses(run.id, file.name);
  return (
    <div className="list-body">
      <Loaded query={query} what="Loading the responses…">
        {(failures) => {
          if (failures === null) return <p>The file cannot be read here. Download it above.</p>;
          if (failures.length === 0) return <p>The file contains no complete sample.</p>;
          return failures.map((failure, index) => <Failure key={index} failure={failure} first={index === 0} />);
        }}
      </Loaded>
    </div>
  );
}

function Failure({ failure, first }: { failure: FailedResponse; first: boolean }) {
  const { label, code, message, assertions, request, responseHeaders, body } = failure;
  return (
    <details className="failed-response" open={first}>
      <summary>
        {label} <span className="text-failed">{[code, message].filter((part) => part !== "").join(" ")}</span>
      </summary>
      {assertions.map((assertion) => (
        <p key={assertion} className="text-failed">
          {assertion}
        </p>
      ))}
      <Part title="Request" text={request} />
      <Part title="Response headers" text={responseHeaders} />
      <Part title="Response" text={body} />
    </details>
  );
}

function Part({ title, text }: { title: string; text: string }) {
  if (text === "") return null;
  return (
    <>
      <h3>{title}</h3>
      <pre tabIndex={0} role="region" aria-label={title}>
        {text}
      </pre>
    </>
  );
}
