import type { Run } from "@/shared/api/types";
import { formatBytes } from "@/shared/format/numbers";
import { formatDateTime } from "@/shared/format/time";
import { useRights } from "@/shared/session/useSession";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Icon } from "@/shared/ui/Icon";
import { Note } from "@/shared/ui/Note";
import { useRetryArchive } from "../api/useRetryArchive";

/** Whether the results are in the object store, and why not. */
export function ArchiveState({ run }: { run: Run }) {
  const retry = useRetryArchive(run.id);
  const writes = useRights().mayWrite(run);
  const archive = run.archive;
  if (archive === null) return null;
  if (archive.phase !== "failed") {
    return (
      <p className="text-muted archive-state" role="status">
        {archive.phase === "stored" && (
          <>
            <Icon name="check-circle" /> Stored in <code>{archive.address}</code> ({formatBytes(archive.bytes)})
          </>
        )}
        {archive.phase === "waiting" && (
          <>
            Waiting to be stored in <code>{archive.address}</code>
          </>
        )}
        {archive.phase === "uploading" && (
          <>
            Storing in <code>{archive.address}</code>
            {archive.total_bytes > 0 && `: ${formatBytes(archive.bytes)} of ${formatBytes(archive.total_bytes)}`}
            <progress value={archive.bytes} max={Math.max(archive.total_bytes, 1)} aria-label="Upload" />
          </>
        )}
      </p>
    );
  }
  return (
    <>
      <Note tone="attention">
        <strong>Not stored.</strong> {archive.message} {archive.hint} {archive.code !== null && <code>{archive.code}</code>}
        <p>The results are complete on this server.{archive.next_try_ms !== null && <> Next retry at {formatDateTime(archive.next_try_ms)}.</>}</p>
        {writes && (
          <button type="button" className="btn btn-sm btn-outline-secondary" disabled={retry.isPending} onClick={() => retry.mutate()}>
            <Icon name="arrow-clockwise" /> Store now
          </button>
        )}
      </Note>
      {retry.error !== null && <ErrorBox error={retry.error} />}
    </>
  );
}
