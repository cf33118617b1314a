import { ApiError } from "@/shared/api/client";
import { Icon } from "./Icon";

/** An error, what to do, and the technical details collapsed below. */
export function ErrorBox({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  const known = error instanceof ApiError ? error : null;
  const technical = known === null ? [error.name] : technicalLines(known);
  return (
    <div className="note note-failed" role="alert">
      <Icon name="x-circle" />
      <div>
        <strong>{error.message}</strong>
        {known?.hint != null && <p>{known.hint}</p>}
        <details>
          <summary>Details</summary>
          {technical.map((line) => (
            <code key={line}>{line}</code>
          ))}
        </details>
      </div>
      {onRetry !== undefined && (
        <button type="button" className="btn btn-sm btn-outline-secondary" onClick={onRetry}>
          <Icon name="arrow-clockwise" /> Try again
        </button>
      )}
    </div>
  );
}

function technicalLines({ faults, technical, code, status }: ApiError): string[] {
  const each = faults.map((fault) => [fault.field, fault.code, fault.message].filter((part) => part !== null).join(": "));
  return [...each, ...(technical === null ? [] : [technical]), `${code}${status > 0 ? `, HTTP ${status}` : ""}`];
}
