import { useState } from "react";
import { encodePath } from "@/shared/api/client";
import type { Run, Shipment } from "@/shared/api/types";
import { useRights } from "@/shared/session/useSession";
import { Chip } from "@/shared/ui/Chip";
import { Download } from "@/shared/ui/Download";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { RemovalDialog } from "@/shared/ui/RemovalDialog";
import { useForgetShipment, useSearchTargets, useShipments, useShipRun } from "../api/useShipments";
import { shipmentChip, shipmentFigures } from "../shipmentWords";

/** The state of shipping the run's samples to the search targets; not shown if there are none. */
export function Shipments({ run }: { run: Run }) {
  const shipments = useShipments(run.id).data ?? [];
  const targets = useSearchTargets().data ?? [];
  const ship = useShipRun(run.id);
  const forget = useForgetShipment(run.id);
  const [forgotten, setForgotten] = useState<string | null>(null);
  const { mayWrite } = useRights();
  const names = [...new Set([...targets.map(({ target }) => target.name), ...shipments.map(({ target }) => target)])];
  if (names.length === 0) return null;
  return (
    <section className="card list-card" aria-label="Search targets">
      <header className="chart-head">
        <h2>Search targets</h2>
      </header>
      <ul className="pairs">
        {names.map((name) => (
          <Target
            key={name}
            run={run}
            name={name}
            shipment={shipments.find(({ target }) => target === name) ?? null}
            onShip={mayWrite(run) && targets.some(({ target }) => target.name === name) ? () => ship.mutate(name) : null}
            onForget={mayWrite(run) ? () => setForgotten(name) : null}
            busy={ship.isPending}
          />
        ))}
      </ul>
      {ship.error !== null && <ErrorBox error={ship.error} />}
      {forgotten !== null && (
        <RemovalDialog
          verb="Remove"
          what={`shipment to ${forgotten}`}
          request={forget}
          onConfirm={() => forget.mutate(forgotten, { onSuccess: () => setForgotten(null) })}
          onClose={() => {
            forget.reset();
            setForgotten(null);
          }}
        >
          <p>Removes the record of this shipment from the run. Samples at the target are kept.</p>
        </RemovalDialog>
      )}
    </section>
  );
}

interface TargetProps {
  run: Run;
  name: string;
  shipment: Shipment | null;
  /** null: not permitted for this user, or the server no longer has this target. */
  onShip: (() => void) | null;
  /** null: not permitted for this user. */
  onForget: (() => void) | null;
  busy: boolean;
}

function Target({ run, name, shipment, onShip, onForget, busy }: TargetProps) {
  const action = actionOf(shipment);
  return (
    <li>
      <span>
        {name}
        {shipment?.dashboard_url != null && (
          <>
            {" · "}
            <a href={shipment.dashboard_url} target="_blank" rel="noreferrer">
              Dashboard
            </a>
          </>
        )}
        {shipment !== null && <small className="text-muted">{shipmentFigures(shipment)}</small>}
        {shipment?.trouble != null && (
          <small className="text-danger">
            {shipment.trouble.message} <code>{shipment.trouble.code}</code>
          </small>
        )}
        {shipment?.refused_reason != null && (
          <small className="text-muted">
            First rejected row: {shipment.refused_reason}{" "}
            {shipment.refused_file !== null && <Download path={`/runs/${run.id}/artefacts/${encodePath(shipment.refused_file)}`}>All rejected rows</Download>}
          </small>
        )}
      </span>
      <span className="pair-actions">
        <Chip {...shipmentChip(shipment)} />
        {onForget !== null && shipment?.target_info === null && (
          <button type="button" className="btn btn-sm btn-outline-secondary" title={`Remove the shipment to ${name} from this list`} disabled={busy} onClick={onForget}>
            Remove…
          </button>
        )}
        {onShip !== null && action !== null && (
          <button type="button" className="btn btn-sm btn-outline-secondary" disabled={busy} onClick={onShip}>
            {action}
          </button>
        )}
      </span>
    </li>
  );
}

/** The available actions. */
function actionOf(shipment: Shipment | null): string | null {
  if (shipment === null) return "Ship";
  if (shipment.state === "shipping") return shipment.trouble === null ? null : "Retry now";
  return shipment.state === "incomplete" ? "Ship again" : null;
}
