import { useState } from "react";
import { useSearchParams } from "react-router";
import { useClusters } from "@/features/clusters/api/useClusters";
import { ClusterTable } from "@/features/clusters/components/ClusterTable";
import { CreateClusterDialog } from "@/features/clusters/components/CreateClusterDialog";
import { useInfo } from "@/features/session/api/useInfo";
import { Empty } from "@/shared/ui/Empty";
import { Icon } from "@/shared/ui/Icon";
import { Loaded } from "@/shared/ui/Loaded";
import { PageHead } from "@/shared/ui/PageHead";

export function ClustersRoute() {
  const [parameters, setParameters] = useSearchParams();
  const ended = parameters.get("ended") === "true";
  const clusters = useClusters(ended);
  const info = useInfo();
  const [creating, setCreating] = useState(false);
  const create = (
    <button type="button" className="btn btn-primary" onClick={() => setCreating(true)}>
      <Icon name="plus" /> New cluster
    </button>
  );
  return (
    <>
      <PageHead title="Clusters" facts={<span>One JMeter master and its workers: local processes, machines over SSH, or Amazon EC2. Clusters terminate automatically.</span>} actions={create} />
      <Loaded query={clusters} what="Loading clusters…">
        {(list) => (
          <ClusterTable
            clusters={list}
            actions={
              <button type="button" className="btn btn-quiet" aria-pressed={ended} onClick={() => setParameters(ended ? {} : { ended: "true" }, { replace: true })}>
                Show terminated
              </button>
            }
            empty={
              <Empty icon="hdd-stack" title={ended ? "No clusters yet." : "No active clusters."} action={create}>
                Plans run on a cluster: one master that collects the samples, and workers that generate the load.
              </Empty>
            }
          />
        )}
      </Loaded>
      {creating && <CreateClusterDialog info={info.data} onClose={() => setCreating(false)} />}
    </>
  );
}
