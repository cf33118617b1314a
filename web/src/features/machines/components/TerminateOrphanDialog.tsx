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
        {plural(orphan.machines.length, "machine")} of {orphan.owner} {orphan.machines.length === 1 ? "is" : "are"} terminated with everything on the disks. A run that another JAC has on them ends, and what it had not
        collected yet is lost.
      </p>
      <p className="text-muted">{orphan.machines.map((machine) => `${machine.node} (${machine.id})`).join(", ")}</p>
    </ConfirmDialog>
  );
}
