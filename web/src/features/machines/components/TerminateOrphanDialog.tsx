import { plural } from "@/shared/format/numbers";
import { Dialog } from "@/shared/ui/Dialog";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { useTerminateOrphan } from "../api/useTerminateOrphan";
import type { Orphan } from "../machineSums";

export function TerminateOrphanDialog({ orphan, onClose }: { orphan: Orphan; onClose: () => void }) {
  const terminate = useTerminateOrphan(orphan.clusterId);
  return (
    <Dialog
      title={`Terminate ${orphan.name}`}
      onClose={onClose}
      onSubmit={() => terminate.mutate(undefined, { onSuccess: onClose })}
      footer={
        <>
          <button type="button" className="btn btn-outline-secondary" onClick={onClose}>
            Keep it
          </button>
          <button type="submit" className="btn btn-danger" disabled={terminate.isPending}>
            {terminate.isPending ? "Terminating…" : "Terminate"}
          </button>
        </>
      }
    >
      <div className="stack">
        <p>
          {plural(orphan.machines.length, "machine")} of {orphan.owner} {orphan.machines.length === 1 ? "is" : "are"} terminated with everything on the disks. A run that another JAC has on them ends, and what it had
          not collected yet is lost.
        </p>
        <p className="text-muted">{orphan.machines.map((machine) => `${machine.node} (${machine.id})`).join(", ")}</p>
        {terminate.error !== null && <ErrorBox error={terminate.error} />}
        <span />
      </div>
    </Dialog>
  );
}
