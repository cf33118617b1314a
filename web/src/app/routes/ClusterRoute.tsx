import { useParams } from "react-router";
import { useCluster } from "@/features/clusters/api/useCluster";
import { canRun, whyNoRuns } from "@/features/clusters/clusterWords";
import { ClusterNotes, Configuration } from "@/features/clusters/components/ClusterBody";
import { ClusterHead } from "@/features/clusters/components/ClusterHead";
import { Events } from "@/features/clusters/components/Events";
import { NodeTable } from "@/features/clusters/components/NodeTable";
import { RunList } from "@/features/runs/components/RunTable";
import { StartRunButton } from "@/features/runs/components/StartRunButton";
import type { Cluster } from "@/shared/api/types";
import { useInfo } from "@/shared/session/useInfo";
import { useRights } from "@/shared/session/useSession";
import { Loaded } from "@/shared/ui/Loaded";

/** Each has a separate page: dialogs opened on one are closed on the next. */
export function ClusterRoute() {
  const { id = "" } = useParams();
  return <ClusterPage key={id} id={id} />;
}

function ClusterPage({ id }: { id: string }) {
  const query = useCluster(id);
  const info = useInfo();
  const { may } = useRights();
  return (
    <Loaded query={query} what="Loading the cluster…">
      {(cluster) => (
        <>
          <ClusterHead cluster={cluster} info={info.data} start={may("start_run") && <Start cluster={cluster} />} />
          <ClusterNotes cluster={cluster} />
          <div className="columns columns-main">
            <div className="stack">
              <NodeTable cluster={cluster} />
              <Events cluster={cluster} />
            </div>
            <Configuration cluster={cluster} />
          </div>
          <RunList
            of={{ cluster: cluster.id }}
            prefix="runs."
            title="Runs on this cluster"
            without={["cluster", "provider"]}
            empty={canRun(cluster) ? "No runs on this cluster yet." : "No runs on this cluster."}
          />
        </>
      )}
    </Loaded>
  );
}

function Start({ cluster }: { cluster: Cluster }) {
  const why = whyNoRuns({ ...cluster, remove_after_run: cluster.config.remove_after_run });
  return <StartRunButton clusterId={cluster.id} disabled={why !== undefined} why={why} />;
}
