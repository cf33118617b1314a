import { useState, type ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import type { Cluster, Info } from "@/shared/api/types";
import { formatUsd } from "@/shared/format/money";
import { formatDateTime, formatDuration } from "@/shared/format/time";
import { OwnerFact } from "@/shared/session/OwnerFact";
import { ReadOnlyMark } from "@/shared/session/ReadOnlyMark";
import { useRights } from "@/shared/session/useSession";
import { Chip } from "@/shared/ui/Chip";
import { CopyId } from "@/shared/ui/CopyId";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Icon } from "@/shared/ui/Icon";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import { Note } from "@/shared/ui/Note";
import { PageHead } from "@/shared/ui/PageHead";
import { useExtendCluster } from "../api/useExtendCluster";
import { endOf, extendedEnd, extensionOf, type Extension } from "../clusterEnd";
import { clusterChip, END_WORDS, endHint, hasEnded, placeWords, workersOf } from "../clusterWords";
import { CreateClusterDialog } from "./CreateClusterDialog";
import { EndsIn } from "./EndsIn";
import { TerminateDialog } from "./TerminateDialog";

/** `start` is the button that starts a run; it belongs to the feature of runs, so the page passes it in. */
export function ClusterHead({ cluster, info, start }: { cluster: Cluster; info: Info | undefined; start: ReactNode }) {
  const extend = useExtendCluster(cluster.id);
  const [terminating, setTerminating] = useState(false);
  const [again, setAgain] = useState(false);
  const { may, mayWrite } = useRights();
  const navigate = useNavigate();
  // The page stays mounted, so the dialog has to be closed.
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
            <ReadOnlyMark thing={cluster} />
          </>
        }
        facts={
          <>
            {cluster.description !== "" && <span>{cluster.description}</span>}
            <span>{placeWords(cluster, workersOf(cluster))}</span>
            <OwnerFact kind="clusters" thing={cluster} />
            <span>since {formatDateTime(cluster.created_ms)}</span>
            {cluster.provider === "ec2" && <Cost cluster={cluster} lives={lives} />}
            {lives && (
              <span>
                expires in <EndsIn cluster={cluster} />, {formatDateTime(endOf(cluster).at_ms)}
              </span>
            )}
          </>
        }
        actions={
          !lives
            ? may("create_cluster") && (
                <button type="button" className="btn btn-outline-secondary" onClick={() => setAgain(true)}>
                  <Icon name="plus" /> Create similar
                </button>
              )
            : mayWrite(cluster) && (
                <>
                  {start}
                  <Menu label="More about this cluster">
                    {[30, 60, 240].map((minutes) => (
                      <MenuItem
                        key={minutes}
                        disabled={extend.isPending}
                        consequence={`Expires ${formatDateTime(extendedEnd(cluster, minutes))} instead of ${formatDateTime(endOf(cluster).at_ms)}`}
                        onSelect={() => extend.mutate({ minutes, requested_ms: extendedEnd(cluster, minutes) })}
                      >
                        Extend by {formatDuration(minutes * 60)}
                      </MenuItem>
                    ))}
                    <MenuItem danger consequence={endHint(cluster.provider)} onSelect={() => setTerminating(true)}>
                      Terminate…
                    </MenuItem>
                  </Menu>
                </>
              )
        }
      />
      {extend.error !== null && <ErrorBox error={extend.error} />}
      {lives && extend.data !== undefined && <Extended extension={extensionOf(extend.variables.requested_ms, cluster)} />}
      {again && <CreateClusterDialog info={info} like={cluster} onClose={() => setAgain(false)} onCreated={open} />}
      {terminating && <TerminateDialog cluster={cluster} onClose={() => setTerminating(false)} />}
    </>
  );
}

/** The current end. If the extension did not move the effective end, it is not reported as one. */
function Extended({ extension: { requested_ms, end, kept } }: { extension: Extension }) {
  return (
    <div role="status">
      {kept ? (
        <Note tone="good">Extended. The cluster now expires at {formatDateTime(end.at_ms)}.</Note>
      ) : (
        <Note tone="attention">
          The {END_WORDS[end.by]} still ends this cluster at {formatDateTime(end.at_ms)}, before {formatDateTime(requested_ms)}.{end.by === "idle" && " Start a run to keep it."}
        </Note>
      )}
    </div>
  );
}

/** An estimated price, marked as such. */
function Cost({ cluster, lives }: { cluster: Cluster; lives: boolean }) {
  const { usd_per_hour, usd_so_far } = cluster;
  if (usd_per_hour === null) return <span>price unknown</span>;
  return (
    <span title="Estimated cost of the machines, without traffic and disks.">
      {lives ? `about ${formatUsd(usd_per_hour)} an hour, ${formatUsd(usd_so_far)} so far (estimate)` : `about ${formatUsd(usd_so_far)} total (estimate)`}
    </span>
  );
}
