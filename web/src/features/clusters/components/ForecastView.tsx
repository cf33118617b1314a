import type { Forecast, NewCluster } from "@/shared/api/types";
import { FaultNotes } from "@/shared/ui/FaultNotes";
import { Note } from "@/shared/ui/Note";
import { priceWords } from "../clusterWords";

interface Props {
  forecast: Forecast;
  /** Errors that belong to no field. */
  faults: string[];
  request: NewCluster;
}

/** The provider's answer for a configuration: problems, findings, cost. Nothing was created. */
export function ForecastView({ forecast, faults, request }: Props) {
  return (
    <div className="stack forecast" role="status">
      <FaultNotes faults={faults} />
      {forecast.faults.length === 0 && (
        <Note tone="good">
          <p>
            <strong>All checks passed.</strong> {priceWords(forecast.usd_per_hour, request.config)}
          </p>
        </Note>
      )}
      {forecast.notes.length > 0 && (
        <Note tone="info">
          {forecast.notes.map((note) => (
            <p key={note.message}>{note.message}</p>
          ))}
        </Note>
      )}
    </div>
  );
}
