import { useNavigate } from "react-router";
import type { Info } from "@/shared/api/types";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Icon } from "@/shared/ui/Icon";
import { Waiting } from "@/shared/ui/Waiting";
import { useRunExample, type ExampleStep } from "./api/useRunExample";

const WORDS: Record<NonNullable<ExampleStep>, string> = {
  uploading: "Uploading the example plan…",
  creating: "Creating a cluster on this machine…",
  starting: "Starting the run…",
};

/** Runs the example on the server's own machine with one click, and opens its live page. */
export function RunExample({ info }: { info: Info }) {
  const navigate = useNavigate();
  const example = useRunExample((run) => void navigate(`/runs/${run.id}`));
  const ready = info.java.found;
  return (
    <section className="card first-steps" aria-label="Example">
      <ul>
        <li>
          <span className="first-step-mark">
            <Icon name="play" />
          </span>
          <div>
            <h2>Run the example on this machine</h2>
            <p>
              A one-minute test with 5 users. It sends no requests: its samples only wait. The cluster is terminated after the run. Free of charge.
              {!info.jmeter.found && " JMeter is downloaded first."}
            </p>
          </div>
          <button
            type="button"
            className="btn btn-primary"
            // Also while the run's page loads.
            disabled={!ready || example.isPending || example.isSuccess}
            title={ready ? undefined : "Java not found on the server."}
            onClick={() => example.mutate()}
          >
            Run the example
          </button>
        </li>
      </ul>
      {(example.step !== null || example.error !== null) && (
        <div className="list-body">
          {example.step !== null && <Waiting what={WORDS[example.step]} />}
          {example.error !== null && <ErrorBox error={example.error} />}
        </div>
      )}
    </section>
  );
}
