import type { NewCluster } from "@/shared/api/types";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { FaultNotes } from "@/shared/ui/FaultNotes";
import { useCreation } from "../useCreation";
import { ForecastView } from "./ForecastView";

/** The price of a cluster that is created later, queried by a button; nothing if it is free. `request`: null while the form has errors. */
export function PriceCheck({ request }: { request: NewCluster | null }) {
  const { forecast, refusals, error, busy, check } = useCreation(request?.provider ?? "ec2", request, () => undefined);
  if (request !== null && request.provider !== "ec2") return null;
  const faults = refusals.map(({ message }) => message);
  return (
    <div className="stack">
      {forecast === null || request === null ? <FaultNotes faults={faults} /> : <ForecastView forecast={forecast} faults={faults} request={request} />}
      {error !== null && <ErrorBox error={error} />}
      {forecast === null && (
        <button type="button" className="btn btn-sm btn-outline-secondary" disabled={request === null || busy !== null} onClick={check}>
          {busy === null ? "Check and show price" : "Checking…"}
        </button>
      )}
    </div>
  );
}
