import { useMutation } from "@tanstack/react-query";
import { postJson } from "@/shared/api/client";
import type { Forecast, NewCluster } from "@/shared/api/types";

/** Checks a cluster with its provider before it is created. The answer is valid for that request only. */
export function useForecast() {
  return useMutation({ mutationFn: (cluster: NewCluster) => postJson<Forecast>("/clusters/forecast", cluster) });
}
