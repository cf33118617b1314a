import { plural } from "@/shared/format/numbers";
import { RemovalDialog } from "@/shared/ui/RemovalDialog";
import { useTerminateOrphan } from "../api/useTerminateOrphan";
import type { Orphan } from "../machineSums";

export function TerminateOrphanDialog({ orphan, onClose }: { orphan: Orphan; onClose: () => void }) {
  const terminate = useTerminateOrphan(orphan.clusterId);
  return (
    <RemovalDialog verb="Terminate" what={orphan.name} request={terminate} onConfirm={() => terminate.mutate(undefined, { onSuccess: onClose })} onClose={onClose}>
      <p>
        {plural(orphan.machines.length, "machine")} of {orphan.owner} {orphan.machines.length === 1 ? "is" : "are"} terminated with {orphan.machines.length === 1 ? "its disk" : "their disks"}. A run
        of another JAC server on them is aborted and its uncollected results are lost.
      </p>
      <p className="text-muted">{orphan.machines.map((machine) => `${machine.node} (${machine.id})`).join(", ")}</p>
    </RemovalDialog>
  );
}
