import { useState, type ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import type { Cluster, Info } from "@/shared/api/types";
import { formatUsd } from "@/shared/format/money";
import { formatDateTime } from "@/shared/format/time";
import { Chip, ReadOnlyChip } from "@/shared/ui/Chip";
import { CopyId } from "@/shared/ui/CopyId";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Icon } from "@/shared/ui/Icon";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import { PageHead } from "@/shared/ui/PageHead";
import { useExtendCluster } from "../api/useExtendCluster";
import { clusterChip, endHint, hasEnded, placeWords, workersOf } from "../clusterWords";
import { CreateClusterDialog } from "./CreateClusterDialog";
import { EndsIn } from "./EndsIn";
import { TerminateDialog } from "./TerminateDialog";

/** `start` is the button that starts a run; it belongs to the runs and is put in by the page. */
export function ClusterHead({ cluster, info, start }: { cluster: Cluster; info: Info | undefined; start: ReactNode }) {
  const extend = useExtendCluster(cluster.id);
  const [terminating, setTerminating] = useState(false);
  const [again, setAgain] = useState(false);
  const navigate = useNavigate();
  // The page stays the same one, so the dialog has to be closed.
  const open = (made: Cluster) => {
    setAgain(false);
    void navigate(`/clusters/${made.id}`);
  };
  const lives = !hasEnded(cluster.phase);
  return (
    <>
      <PageHead
        title={cluster.name}
        above={
          <>
            <Link to="/clusters">Clusters</Link> / <CopyId id={cluster.id} />
          </>
        }
        chips={
          <>
            <Chip {...clusterChip(cluster)} />
            {!cluster.can_write && <ReadOnlyChip owner={cluster.owner.name} />}
          </>
        }
        facts={
          <>
            {cluster.description !== "" && <span>{cluster.description}</span>}
            <span>{placeWords(cluster, workersOf(cluster))}</span>
            <span>{cluster.owner.name}</span>
            <span>since {formatDateTime(cluster.created_ms)}</span>
            {cluster.provider === "ec2" && <Cost cluster={cluster} lives={lives} />}
            {lives && (
              <span>
                ends in <EndsIn cluster={cluster} />
              </span>
            )}
          </>
        }
        actions={
          !lives ? (
            <button type="button" className="btn btn-outline-secondary" onClick={() => setAgain(true)}>
              <Icon name="plus" /> Create another like it
            </button>
          ) : (
            cluster.can_write && (
            <>
              {start}
              <Menu label="More about this cluster">
                {[30, 60, 240].map((minutes) => (
                  <MenuItem key={minutes} disabled={extend.isPending} onSelect={() => extend.mutate(minutes)}>
                    Extend by {minutes < 60 ? `${minutes} minutes` : minutes === 60 ? "1 hour" : `${minutes / 60} hours`}
                  </MenuItem>
                ))}
                <MenuItem danger consequence={endHint(cluster.provider)} onSelect={() => setTerminating(true)}>
                  Terminate…
                </MenuItem>
              </Menu>
            </>
            )
          )
        }
      />
      {extend.error !== null && <ErrorBox error={extend.error} />}
      {again && <CreateClusterDialog info={info} like={cluster} onClose={() => setAgain(false)} onCreated={open} />}
      {terminating && <TerminateDialog cluster={cluster} onClose={() => setTerminating(false)} />}
    </>
  );
}

/** An estimate, and called one. */
function Cost({ cluster, lives }: { cluster: Cluster; lives: boolean }) {
  const { usd_per_hour, usd_so_far } = cluster;
  if (usd_per_hour === null) return <span>price not known</span>;
  return (
    <span title="The price of its machines for as long as they were there. Traffic and disks are not in it.">
      {lives ? `about ${formatUsd(usd_per_hour)} an hour, ${formatUsd(usd_so_far)} so far (estimate)` : `about ${formatUsd(usd_so_far)} in all (estimate)`}
    </span>
  );
}
