import type { Cluster } from "@/shared/api/types";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { Note } from "@/shared/ui/Note";
import { useTerminateCluster } from "../api/useTerminateCluster";
import { endWords } from "../clusterWords";

export function TerminateDialog({ cluster, onClose }: { cluster: Cluster; onClose: () => void }) {
  const terminate = useTerminateCluster(cluster.id);
  const hosts = cluster.config.ssh?.hosts ?? [];
  return (
    <ConfirmDialog
      title={`Terminate ${cluster.name}`}
      cancel="Keep it"
      action="Terminate"
      tone="danger"
      request={terminate}
      onConfirm={() => terminate.mutate(undefined, { onSuccess: onClose })}
      onClose={onClose}
    >
      {cluster.current_run !== null && <Note tone="attention">A run is under way on it. It is stopped first, and what it measured is kept.</Note>}
      <p>{endWords(cluster.provider)} Plans, runs and results stay.</p>
      {hosts.length > 0 && <p className="text-muted">Machines: {hosts.join(", ")}</p>}
    </ConfirmDialog>
  );
}
