import { useNavigate } from "react-router";
import { Dialog } from "@/shared/ui/Dialog";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { useAdoptOrphan } from "../api/useAdoptOrphan";
import type { Orphan } from "../machineSums";

export function AdoptDialog({ orphan, onClose }: { orphan: Orphan; onClose: () => void }) {
  const adopt = useAdoptOrphan(orphan.clusterId);
  const navigate = useNavigate();
  return (
    <Dialog
      title={`Adopt ${orphan.name}`}
      onClose={onClose}
      onSubmit={() => adopt.mutate(undefined, { onSuccess: (cluster) => void navigate(`/clusters/${cluster.id}`) })}
      footer={
        <>
          <button type="button" className="btn btn-outline-secondary" onClick={onClose}>
            Leave it
          </button>
          <button type="submit" className="btn btn-primary" disabled={adopt.isPending}>
            {adopt.isPending ? "Adopting…" : "Adopt"}
          </button>
        </>
      }
    >
      <div className="stack">
        <p>It becomes a cluster of yours here: you can run on it, extend it and terminate it. Its machines go on and cost what they did.</p>
        {adopt.error !== null && <ErrorBox error={adopt.error} />}
        <span />
      </div>
    </Dialog>
  );
}
