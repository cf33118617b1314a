import { useNavigate } from "react-router";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { useAdoptOrphan } from "../api/useAdoptOrphan";
import type { Orphan } from "../machineSums";

export function AdoptDialog({ orphan, onClose }: { orphan: Orphan; onClose: () => void }) {
  const adopt = useAdoptOrphan(orphan.clusterId);
  const navigate = useNavigate();
  return (
    <ConfirmDialog
      title={`Adopt ${orphan.name}`}
      action="Adopt"
      busy="Adopting…"
      tone="primary"
      request={adopt}
      onConfirm={() => adopt.mutate(undefined, { onSuccess: (cluster) => void navigate(`/clusters/${cluster.id}`) })}
      onClose={onClose}
    >
      <p>Adds it to this server as your cluster: you can run on it, extend it and terminate it. Its machines keep running at the same cost.</p>
    </ConfirmDialog>
  );
}
