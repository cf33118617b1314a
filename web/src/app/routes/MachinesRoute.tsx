import { useLivingClusters } from "@/features/clusters/api/useClusters";
import { useMachines } from "@/features/machines/api/useMachines";
import { MachinesBody } from "@/features/machines/components/MachinesBody";
import { Loaded } from "@/shared/ui/Loaded";
import { PageHead } from "@/shared/ui/PageHead";

export function MachinesRoute() {
  const machines = useMachines();
  const clusters = useLivingClusters();
  return (
    <>
      <PageHead title="Machines" facts={<span>Running cloud instances and their cost. Prices are estimates without traffic, disks and taxes.</span>} />
      <Loaded query={machines} what="Querying providers…">
        {(found) => <MachinesBody {...found} rows={clusters.data?.items ?? []} />}
      </Loaded>
    </>
  );
}
