import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import { ShareDialog } from "@/features/shares/components/ShareDialog";
import { useRights } from "@/shared/session/useSession";
import { Empty } from "@/shared/ui/Empty";
import { Icon } from "@/shared/ui/Icon";
import { Loaded } from "@/shared/ui/Loaded";
import { PageHead } from "@/shared/ui/PageHead";
import { Waiting } from "@/shared/ui/Waiting";
import { useComparison } from "../api/useComparison";
import { MOST_RUNS, readRuns, withBase, writeRuns } from "../chosenRuns";
import { useLabelled } from "../useLabelled";
import { ComparisonBody } from "./ComparisonBody";

/** Compares two to five runs; their IDs are in the URL, the baseline first. */
export function ComparePage() {
  const [parameters, setParameters] = useSearchParams();
  const runs = readRuns(parameters.get("runs"));
  const query = useComparison(runs);
  const labelled = useLabelled(runs, query.data);
  const { may } = useRights();
  const [sharing, setSharing] = useState(false);
  const choose = (next: string[]) => {
    setParameters((before) => {
      const after = new URLSearchParams(before);
      after.set("runs", writeRuns(next));
      after.delete("with");
      after.delete("judge");
      return after;
    });
  };
  return (
    <>
      <PageHead
        title="Compare runs"
        above={<Link to="/runs">Runs</Link>}
        facts={<span>The first run is the baseline. Changes are judged by statistical tests on all response times.</span>}
        actions={
          <>
            {runs.length > 1 && may("start_run") && (
              <button type="button" className="btn btn-outline-secondary" onClick={() => setSharing(true)}>
                <Icon name="link" /> Share
              </button>
            )}
            {runs.length > 1 && (
              <button type="button" className="btn btn-outline-secondary" onClick={() => window.print()}>
                <Icon name="printer" /> Print
              </button>
            )}
          </>
        }
      />
      {runs.length < 2 ? (
        <section className="card">
          <Empty
            icon="sliders"
            title="Nothing to compare."
            action={
              <Link className="btn btn-primary" to="/runs">
                Select runs
              </Link>
            }
          >
            Select two to {MOST_RUNS} finished runs in the list and click “Compare”, or open a run and compare it with the previous one.
          </Empty>
        </section>
      ) : (
        <Loaded query={query} what="Comparing the runs…">
          {(report) => (
            <div className={query.isPlaceholderData ? "stack stale" : "stack"} aria-busy={query.isPlaceholderData}>
              {query.isPlaceholderData && <Waiting what="Comparing the runs…" />}
              <ComparisonBody
                report={report}
                labelled={labelled}
                nameOf={({ run_id }, name) => (run_id === null ? name : <Link to={`/runs/${run_id}`}>{name}</Link>)}
                actionsOf={({ run_id }, index) =>
                  run_id !== null &&
                  (index > 0 || runs.length > 2) && (
                    <span className="row-buttons">
                      {index > 0 && (
                        <button type="button" className="btn btn-quiet" onClick={() => choose(withBase(runs, run_id))}>
                          Set as baseline
                        </button>
                      )}
                      {runs.length > 2 && (
                        <button type="button" className="btn btn-quiet" onClick={() => choose(runs.filter((each) => each !== run_id))}>
                          Remove
                        </button>
                      )}
                    </span>
                  )
                }
              />
            </div>
          )}
        </Loaded>
      )}
      {sharing && <ShareDialog shared={{ kind: "comparison", runs }} name="this comparison" onClose={() => setSharing(false)} />}
    </>
  );
}
