import { plural } from "@/shared/format/numbers";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { useTerminateOrphan } from "../api/useTerminateOrphan";
import type { Orphan } from "../machineSums";

export function TerminateOrphanDialog({ orphan, onClose }: { orphan: Orphan; onClose: () => void }) {
  const terminate = useTerminateOrphan(orphan.clusterId);
  return (
    <ConfirmDialog
      title={`Terminate ${orphan.name}`}
      cancel="Keep it"
      action="Terminate"
      busy="Terminating…"
      tone="danger"
      request={terminate}
      onConfirm={() => terminate.mutate(undefined, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>
        {plural(orphan.machines.length, "machine")} of {orphan.owner} {orphan.machines.length === 1 ? "is" : "are"} terminated with {orphan.machines.length === 1 ? "its disk" : "their disks"}. A run
        of another JAC server on them is aborted and its uncollected results are lost.
      </p>
      <p className="text-muted">{orphan.machines.map((machine) => `${machine.node} (${machine.id})`).join(", ")}</p>
    </ConfirmDialog>
  );
}
