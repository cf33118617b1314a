import { ApiError } from "@/shared/api/client";
import type { Cluster, Fault, Forecast, NewCluster, Provider } from "@/shared/api/types";
import { useCreateCluster } from "./api/useCreateCluster";
import { useForecast } from "./api/useForecast";

export interface Creation {
  /** The provider's answer for the current form; null: not checked yet, or the form has changed since. */
  forecast: Forecast | null;
  /** Why it was rejected, by a check or by the server. */
  refusals: Fault[];
  /** Any other error. */
  error: Error | null;
  /** What the server last answered for the current form: the forecast, or an error of either kind. */
  answer: object | null;
  /** The next step is a check, not the creation: nothing that costs money is created before its price was shown. */
  checksFirst: boolean;
  busy: "checking" | "creating" | null;
  check: () => void;
  create: () => void;
}

/** From the form's request to the cluster: a check if machines cost money, then the creation. */
export function useCreation(provider: Provider, request: NewCluster | null, onCreated: (cluster: Cluster) => void): Creation {
  const forecasting = useForecast();
  const creating = useCreateCluster();
  // An answer is valid for its request; after the next change the form is different. A changed name does not matter.
  const checked = isSame(forecasting.variables, request, ({ config }) => config);
  const tried = isSame(creating.variables, request);
  const forecast = checked ? (forecasting.data ?? null) : null;
  const failed = (checked ? forecasting.error : null) ?? (tried ? creating.error : null);
  const refused = failed instanceof ApiError && failed.code === "cluster_invalid" ? failed.faults : [];
  return {
    forecast,
    refusals: [...(forecast?.faults ?? []), ...refused],
    error: refused.length > 0 ? null : failed,
    answer: failed ?? forecast,
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

/** Whether both request the same cluster; `of`: the part that matters, in addition to the provider. */
export function isSame(one: NewCluster | null | undefined, other: NewCluster | null, of: (request: NewCluster) => unknown = (whole) => whole): boolean {
  return one != null && other !== null && one.provider === other.provider && JSON.stringify(of(one)) === JSON.stringify(of(other));
}
