import { useState } from "react";
import type { Run } from "@/shared/api/types";
import { Loaded } from "@/shared/ui/Loaded";
import { useRun } from "../api/useRun";
import { newerRun } from "../live/liveRun";
import { useLiveRun } from "../live/useLiveRun";
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
  return (
    <>
      <RunHead run={run} live={live} />
      <PhaseStrip run={run} at={at} />
      {run.try_run && run.phase === "finished" && <FailedResponses run={run} />}
      {run.phase === "finished" ? <FinishedBody run={run} live={live} /> : <LiveBody run={run} live={live} />}
      <RunDetails run={run} at={at} />
    </>
  );
}
