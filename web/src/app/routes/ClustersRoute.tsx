import { useState } from "react";
import { ClusterTable } from "@/features/clusters/components/ClusterTable";
import { CreateClusterDialog } from "@/features/clusters/components/CreateClusterDialog";
import { useInfo } from "@/shared/session/useInfo";
import { useRights } from "@/shared/session/useSession";
import { Empty } from "@/shared/ui/Empty";
import { Icon } from "@/shared/ui/Icon";
import { PageHead } from "@/shared/ui/PageHead";

export function ClustersRoute() {
  const info = useInfo();
  const { may } = useRights();
  const [creating, setCreating] = useState(false);
  const create = may("create_cluster") && (
    <button type="button" className="btn btn-primary" onClick={() => setCreating(true)}>
      <Icon name="plus" /> New cluster
    </button>
  );
  return (
    <>
      <PageHead title="Clusters" facts={<span>One JMeter master and its workers: local processes, machines over SSH, or Amazon EC2. Clusters terminate automatically.</span>} actions={create} />
      <ClusterTable
        empty={(ended) => (
          <Empty icon="hdd-stack" title={ended ? "No terminated clusters." : "No active clusters."} action={create}>
            Plans run on a cluster: one master that collects the samples, and workers that generate the load.
          </Empty>
        )}
      />
      {creating && <CreateClusterDialog info={info.data} onClose={() => setCreating(false)} />}
    </>
  );
}
