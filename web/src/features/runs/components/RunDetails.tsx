import type { Run } from "@/shared/api/types";
import { WhileSeen } from "@/shared/ui/WhileSeen";
import { failedStep } from "../failedStep";
import { Artefacts } from "./Artefacts";
import { LogViewer } from "./LogViewer";
import { NodeList } from "./NodeList";
import { Notifications } from "./Notifications";
import { Settings } from "./Settings";
import { Shipments } from "./Shipments";
import { Steps } from "./Steps";

/** Below the results: JMeter's log, and next to it the nodes, files, settings and steps of the run. */
export function RunDetails({ run, at }: { run: Run; at: number | null }) {
  if (run.provider === "imported") {
    return (
      <div className="columns no-print">
        <Artefacts run={run} />
        <Shipments run={run} />
      </div>
    );
  }
  // Before that, its steps and nodes are above.
  const prepared = run.phase !== "queued" && run.phase !== "preparing";
  return (
    <WhileSeen>
      <div className="columns columns-main no-print">
        <LogViewer run={run} />
        <div className="stack">
          {prepared && <NodeList nodes={run.nodes} ended={run.phase === "finished"} />}
          <Artefacts run={run} />
          <Shipments run={run} />
          {run.phase === "finished" && <Notifications run={run} />}
          <Settings run={run} />
          {prepared && run.steps.length > 0 && <Steps steps={run.steps} now={run.step} at={at} failed={failedStep(run)} />}
        </div>
      </div>
    </WhileSeen>
  );
}
