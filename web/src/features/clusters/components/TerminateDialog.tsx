import type { Cluster } from "@/shared/api/types";
import { Dialog } from "@/shared/ui/Dialog";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Note } from "@/shared/ui/Note";
import { useTerminateCluster } from "../api/useTerminateCluster";
import { endWords } from "../clusterWords";

export function TerminateDialog({ cluster, onClose }: { cluster: Cluster; onClose: () => void }) {
  const terminate = useTerminateCluster(cluster.id);
  const hosts = cluster.config.ssh?.hosts ?? [];
  return (
    <Dialog
      title={`Terminate ${cluster.name}`}
      onClose={onClose}
      onSubmit={() => terminate.mutate(undefined, { onSuccess: onClose })}
      footer={
        <>
          <button type="button" className="btn btn-outline-secondary" onClick={onClose}>
            Keep it
          </button>
          <button type="submit" className="btn btn-danger" disabled={terminate.isPending}>
            Terminate
          </button>
        </>
      }
    >
      <div className="stack">
        {cluster.current_run !== null && <Note tone="attention">A run is under way on it. It is stopped first, and what it measured is kept.</Note>}
        <p>{endWords(cluster.provider)} Plans, runs and results stay.</p>
        {hosts.length > 0 && <p className="text-muted">Machines: {hosts.join(", ")}</p>}
        {terminate.error !== null && <ErrorBox error={terminate.error} />}
        <span />
      </div>
    </Dialog>
  );
}
