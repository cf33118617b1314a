import { useClusters } from "@/features/clusters/api/useClusters";
import { useMachines } from "@/features/machines/api/useMachines";
import { MachinesBody } from "@/features/machines/components/MachinesBody";
import { Loaded } from "@/shared/ui/Loaded";
import { PageHead } from "@/shared/ui/PageHead";

export function MachinesRoute() {
  const machines = useMachines();
  const clusters = useClusters();
  return (
    <>
      <PageHead title="Machines" facts={<span>What exists and costs money, as its provider tells. Prices are estimates of the machines alone: traffic, disks and taxes are not in them.</span>} />
      <Loaded query={machines} what="Asking the providers…">
        {(found) => <MachinesBody {...found} rows={clusters.data ?? []} />}
      </Loaded>
    </>
  );
}
