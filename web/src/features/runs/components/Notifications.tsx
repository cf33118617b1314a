import type { Delivery, Run } from "@/shared/api/types";
import { deliveryChip } from "@/shared/notifications/deliveryChip";
import { useRights } from "@/shared/session/useSession";
import { Chip } from "@/shared/ui/Chip";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { useNotifications, useRetryNotification } from "../api/useNotifications";
import { notificationFigures } from "../notificationWords";

/** The notifications of the run's end; not shown if there are none. */
export function Notifications({ run }: { run: Run }) {
  const deliveries = useNotifications(run.id).data ?? [];
  const retry = useRetryNotification(run.id);
  const writes = useRights().mayWrite(run);
  if (deliveries.length === 0) return null;
  return (
    <section className="card list-card" aria-label="Notifications">
      <header className="chart-head">
        <h2>Notifications</h2>
      </header>
      <ul className="pairs">
        {deliveries.map((delivery) => (
          <Target key={delivery.target} delivery={delivery} busy={retry.isPending} onRetry={writes ? () => retry.mutate(delivery.target) : null} />
        ))}
      </ul>
      {retry.error !== null && <ErrorBox error={retry.error} />}
    </section>
  );
}

interface TargetProps {
  delivery: Delivery;
  busy: boolean;
  /** null: not permitted for this user. */
  onRetry: (() => void) | null;
}

function Target({ delivery, busy, onRetry }: TargetProps) {
  const { target, state, attempts, trouble } = delivery;
  const figures = notificationFigures(delivery);
  const failed = state === "given_up" || (state === "waiting" && attempts > 0);
  return (
    <li>
      <span>
        {target}
        {figures !== null && <small className="text-muted">{figures}</small>}
        {trouble !== null && (
          <small className="text-danger">
            {trouble.message} <code>{trouble.code}</code>
          </small>
        )}
      </span>
      <span className="pair-actions">
        <Chip {...deliveryChip(delivery)} />
        {failed && onRetry !== null && (
          <button type="button" className="btn btn-sm btn-outline-secondary" disabled={busy} onClick={onRetry}>
            Retry now
          </button>
        )}
      </span>
    </li>
  );
}
