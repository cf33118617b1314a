import { useState } from "react";
import type { Run } from "@/shared/api/types";
import { Loaded } from "@/shared/ui/Loaded";
import { useRun } from "../api/useRun";
import { useRunReport } from "../api/useRunReport";
import { newerRun } from "../live/liveRun";
import { useLiveRun } from "../live/useLiveRun";
import { useSampleSearch } from "../samples/useSampleSearch";
import { useAnnotating } from "../useAnnotating";
import { FailedResponses } from "./FailedResponses";
import { LiveBody } from "./LiveBody";
import { PhaseStrip } from "./PhaseStrip";
import { RunDetails } from "./RunDetails";
import { RunHead } from "./RunHead";
import { FinishedBody } from "./FinishedBody";

/** The page of a run, active or finished. */
export function RunPage({ id }: { id: string }) {
  const query = useRun(id);
  return (
    <Loaded query={query} what="Loading the run…">
      {(run) => <RunView key={run.id} fetched={run} />}
    </Loaded>
  );
}

function RunView({ fetched }: { fetched: Run }) {
  // A run that was active when the page was opened stays on the feed, so that its charts are shown until the report is loaded.
  const [watched] = useState(fetched.phase !== "finished");
  const live = useLiveRun(fetched.id, watched);
  const run = newerRun(fetched, live?.run ?? null);
  // During the test the clock advances with the snapshots, so everything is rendered once.
  const at = run.phase === "running" ? (live?.at_ms ?? null) : null;
  const report = useRunReport(run.id, run.phase === "finished").data;
  // Held here, because the results are replaced when the run ends and when its report is loaded: what is being typed then is not lost.
  const annotating = useAnnotating(run, (run.phase === "finished" ? report?.summary.start_ms : live?.at_ms) ?? run.started_ms ?? 0);
  const samples = useSampleSearch(run);
  const body = { run, live, annotating, samples };
  return (
    <>
      <RunHead run={run} live={live} />
      <PhaseStrip run={run} at={at} />
      {run.try_run && run.phase === "finished" && <FailedResponses run={run} />}
      {run.phase === "finished" ? <FinishedBody {...body} /> : <LiveBody {...body} />}
      <RunDetails run={run} at={at} />
      {annotating.dialog}
    </>
  );
}
