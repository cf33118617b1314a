import { useState, type ReactNode } from "react";
import { Link } from "react-router";
import type { Cluster } from "@/shared/api/types";
import { formatDateTime } from "@/shared/format/time";
import { Chip, ReadOnlyChip } from "@/shared/ui/Chip";
import { CopyId } from "@/shared/ui/CopyId";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import { PageHead } from "@/shared/ui/PageHead";
import { useExtendCluster } from "../api/useExtendCluster";
import { clusterChip, endWords, hasEnded, placeWords } from "../clusterWords";
import { EndsIn } from "./EndsIn";
import { TerminateDialog } from "./TerminateDialog";

/** `start` is the button that starts a run; it belongs to the runs and is put in by the page. */
export function ClusterHead({ cluster, start }: { cluster: Cluster; start: ReactNode }) {
  const extend = useExtendCluster(cluster.id);
  const [terminating, setTerminating] = useState(false);
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
            <span>{placeWords(cluster)}</span>
            <span>{cluster.owner.name}</span>
            <span>since {formatDateTime(cluster.created_ms)}</span>
            {lives && (
              <span>
                ends in <EndsIn cluster={cluster} />
              </span>
            )}
          </>
        }
        actions={
          cluster.can_write &&
          lives && (
            <>
              {start}
              <Menu label="More about this cluster">
                {[30, 60, 240].map((minutes) => (
                  <MenuItem key={minutes} disabled={extend.isPending} onSelect={() => extend.mutate(minutes)}>
                    Extend by {minutes < 60 ? `${minutes} minutes` : minutes === 60 ? "1 hour" : `${minutes / 60} hours`}
                  </MenuItem>
                ))}
                <MenuItem danger consequence={`${endWords(cluster.provider)} Plans, runs and results stay.`} onSelect={() => setTerminating(true)}>
                  Terminate…
                </MenuItem>
              </Menu>
            </>
          )
        }
      />
      {extend.error !== null && <ErrorBox error={extend.error} />}
      {terminating && <TerminateDialog cluster={cluster} onClose={() => setTerminating(false)} />}
    </>
  );
}
