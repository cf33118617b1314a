import { useState } from "react";
import { formatUsd } from "@/shared/format/money";
import { plural } from "@/shared/format/numbers";
import { formatAgo, formatDateTime } from "@/shared/format/time";
import { useRights } from "@/shared/session/useSession";
import { CopyId } from "@/shared/ui/CopyId";
import { Note } from "@/shared/ui/Note";
import { sumOf, type Orphan } from "../machineSums";
import { AdoptDialog } from "./AdoptDialog";
import { TerminateOrphanDialog } from "./TerminateOrphanDialog";

/** A cluster that costs money and is not managed by this server: it can be adopted or terminated manually. */
export function OrphanNote({ orphan, now }: { orphan: Orphan; now: number }) {
  const [asking, setAsking] = useState<"adopt" | "terminate" | null>(null);
  const { usdPerHour, usdSoFar } = sumOf(orphan.machines, [], now);
  const { may } = useRights();
  const close = () => setAsking(null);
  return (
    <>
      <Note tone="attention">
        <div className="orphan">
          <div>
            <strong>{orphan.name === orphan.clusterId ? <CopyId id={orphan.clusterId} /> : orphan.name}</strong> {orphan.name !== orphan.clusterId && <CopyId id={orphan.clusterId} />}
            <p>
              Not managed by this server: {plural(orphan.machines.length, "machine")} of {orphan.owner} in {orphan.regions.join(", ")}, created {formatAgo(orphan.sinceMs, now)}
              {usdPerHour !== null && (
                <>
                  , about {formatUsd(usdPerHour)} an hour and {formatUsd(usdSoFar)} so far
                </>
              )}
              .{orphan.expiresAtMs !== null && <> Expires {formatDateTime(orphan.expiresAtMs)}.</>}
            </p>
          </div>
          {may("manage_orphans") && (
            <>
              <button type="button" className="btn btn-sm btn-outline-secondary" onClick={() => setAsking("adopt")}>
                Adopt…
              </button>
              <button type="button" className="btn btn-sm btn-stop" onClick={() => setAsking("terminate")}>
                Terminate…
              </button>
            </>
          )}
        </div>
      </Note>
      {asking === "adopt" && <AdoptDialog orphan={orphan} onClose={close} />}
      {asking === "terminate" && <TerminateOrphanDialog orphan={orphan} onClose={close} />}
    </>
  );
}
