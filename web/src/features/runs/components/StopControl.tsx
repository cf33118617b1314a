import { useState } from "react";
import type { Run } from "@/shared/api/types";
import { formatDuration } from "@/shared/format/time";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { Icon } from "@/shared/ui/Icon";
import { useStopRun } from "../api/useStopRun";

/** The stop button; after a stop was requested, it becomes the button to force it. Before the test starts there is nothing to stop gracefully or by force: the run is cancelled. */
export function StopControl({ run }: { run: Run }) {
  const stop = useStopRun(run.id);
  const [asked, setAsked] = useState<"graceful" | "force" | null>(null);
  const early = run.phase === "queued" || run.phase === "preparing";
  const next = run.stop_requested === null || early ? "graceful" : "force";
  const word = (how: "graceful" | "force") => (early ? "Cancel run" : how === "graceful" ? "Stop" : "Force stop");
  const go = (how: "graceful" | "force") => stop.mutate(how, { onSuccess: () => setAsked(null) });
  return (
    <>
      <button type="button" className="btn btn-stop" disabled={run.stop_requested === "force" || (early && run.stop_requested !== null) || run.phase === "collecting"} onClick={() => setAsked(next)}>
        <Icon name="stop" /> {word(next)}
      </button>
      {asked !== null && (
        <ConfirmDialog
          title={early ? `Cancel ${run.name}` : `${word(asked)} ${run.name}`}
          cancel={early ? "Keep the run" : "Keep running"}
          action={word(asked)}
          tone="danger"
          request={stop}
          onConfirm={() => go(asked)}
          onClose={() => setAsked(null)}
        >
          {early ? (
            <p>The run ends before its test starts. Nothing has been recorded yet: the run stays in the list, without results.</p>
          ) : asked === "graceful" ? (
            <p>Users finish their current request; after {formatDuration(run.stop_timeout_s)} remaining requests are aborted. Samples recorded so far are kept and the result is marked as partial.</p>
          ) : (
            <p>Requests in flight are aborted on every node and count as failures. Samples recorded so far are kept and the result is marked as partial.</p>
          )}
        </ConfirmDialog>
      )}
    </>
  );
}
