import { useState } from "react";
import type { Run } from "@/shared/api/types";
import { formatDuration } from "@/shared/format/time";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { Icon } from "@/shared/ui/Icon";
import { useStopRun } from "../api/useStopRun";

/** The stop button; after a stop was requested, it becomes the button to force it. */
export function StopControl({ run }: { run: Run }) {
  const stop = useStopRun(run.id);
  const [asked, setAsked] = useState<"graceful" | "force" | null>(null);
  const next = run.stop_requested === null ? "graceful" : "force";
  const go = (how: "graceful" | "force") => stop.mutate(how, { onSuccess: () => setAsked(null) });
  return (
    <>
      <button type="button" className="btn btn-stop" disabled={run.stop_requested === "force" || run.phase === "collecting"} onClick={() => setAsked(next)}>
        <Icon name="stop" /> {next === "graceful" ? "Stop" : "Force stop"}
      </button>
      {asked !== null && (
        <ConfirmDialog
          title={asked === "graceful" ? `Stop ${run.name}` : `Force stop ${run.name}`}
          cancel="Keep running"
          action={asked === "graceful" ? "Stop" : "Force stop"}
          tone="danger"
          request={stop}
          onConfirm={() => go(asked)}
          onClose={() => setAsked(null)}
        >
          {asked === "graceful" ? (
            <p>Users finish their current request; after {formatDuration(run.stop_timeout_s)} remaining requests are aborted. Samples recorded so far are kept and the result is marked as partial.</p>
          ) : (
            <p>Requests in flight are aborted on every node and count as failures. Samples recorded so far are kept and the result is marked as partial.</p>
          )}
        </ConfirmDialog>
      )}
    </>
  );
}
