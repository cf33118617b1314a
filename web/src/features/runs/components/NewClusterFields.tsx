import { ClusterFields } from "@/features/clusters/components/ClusterFields";
import { ForecastView } from "@/features/clusters/components/ForecastView";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { FaultNotes } from "@/shared/ui/FaultNotes";
import { Waiting } from "@/shared/ui/Waiting";
import type { NewClusterPart } from "../useNewCluster";

/** The cluster that is created for the run, and the result of its check. */
export function NewClusterFields({ part, tried }: { part: NewClusterPart; tried: boolean }) {
  const { form, info, choices, faults, rest, creation, request, error } = part;
  if (form === null) return error === null ? <Waiting what="Loading defaults…" /> : <ErrorBox error={error} />;
  return (
    <>
      <ClusterFields info={info} form={form} faults={tried ? faults : {}} choices={choices} onChange={part.setForm} />
      {creation.forecast === null || request === null ? <FaultNotes faults={rest} /> : <ForecastView forecast={creation.forecast} faults={rest} request={request} />}
      {creation.error !== null && <ErrorBox error={creation.error} />}
    </>
  );
}
