import type { Cluster } from "@/shared/api/types";
import { RemovalDialog } from "@/shared/ui/RemovalDialog";
import { Note } from "@/shared/ui/Note";
import { useTerminateCluster } from "../api/useTerminateCluster";
import { endWords } from "../clusterWords";

export function TerminateDialog({ cluster, onClose }: { cluster: Cluster; onClose: () => void }) {
  const terminate = useTerminateCluster(cluster.id);
  const hosts = cluster.config.ssh?.hosts ?? [];
  return (
    <RemovalDialog verb="Terminate" what={cluster.name} request={terminate} onConfirm={() => terminate.mutate(undefined, { onSuccess: onClose })} onClose={onClose}>
      {cluster.current_run !== null && <Note tone="attention">A run is in progress. It is stopped first; its results are kept.</Note>}
      <p>{endWords(cluster.provider)} Plans, runs and results are kept.</p>
      {hosts.length > 0 && <p className="text-muted">Machines: {hosts.join(", ")}</p>}
    </RemovalDialog>
  );
}
