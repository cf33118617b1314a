import { ApiError } from "@/shared/api/client";
import type { Cluster, Fault, Forecast, NewCluster, Provider } from "@/shared/api/types";
import { useCreateCluster } from "./api/useCreateCluster";
import { useForecast } from "./api/useForecast";

export interface Creation {
  /** What the provider said of the form as it is now; null: nothing yet, or the form has changed since. */
  forecast: Forecast | null;
  /** Why it was refused, by a check or by the server. */
  refusals: Fault[];
  /** What went wrong otherwise. */
  error: Error | null;
  /** The next step is a check, not the creation: nothing that costs money is made before its price was shown. */
  checksFirst: boolean;
  busy: "checking" | "creating" | null;
  check: () => void;
  create: () => void;
}

/** From the form's request to the cluster: a check where machines cost money, then the creation. */
export function useCreation(provider: Provider, request: NewCluster | null, onCreated: (cluster: Cluster) => void): Creation {
  const forecasting = useForecast();
  const creating = useCreateCluster();
  // An answer is about what was asked; with the next change it is about a form that is no more. A name costs nothing.
  const checked = same(forecasting.variables, request, ({ config }) => config);
  const tried = same(creating.variables, request, (asked) => asked);
  const forecast = checked ? (forecasting.data ?? null) : null;
  const failed = (checked ? forecasting.error : null) ?? (tried ? creating.error : null);
  const refused = failed instanceof ApiError && failed.code === "cluster_invalid" ? failed.faults : [];
  return {
    forecast,
    refusals: [...(forecast?.faults ?? []), ...refused],
    error: refused.length > 0 ? null : failed,
    checksFirst: provider === "ec2" && (forecast === null || forecast.faults.length > 0),
    // A cluster that was created is not created again while its page loads.
    busy: forecasting.isPending ? "checking" : creating.isPending || creating.isSuccess ? "creating" : null,
    check: () => {
      creating.reset();
      if (request !== null) forecasting.mutate(request);
    },
    create: () => {
      if (request !== null) creating.mutate(request, { onSuccess: onCreated });
    },
  };
}

function same(one: NewCluster | undefined, other: NewCluster | null, of: (request: NewCluster) => unknown): boolean {
  return one !== undefined && other !== null && one.provider === other.provider && JSON.stringify(of(one)) === JSON.stringify(of(other));
}
