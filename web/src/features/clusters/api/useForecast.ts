import { useMutation } from "@tanstack/react-query";
import { postJson } from "@/shared/api/client";
import type { Forecast, NewCluster } from "@/shared/api/types";

/** Asks the provider about a cluster before it is made. The answer is about that request and no later one. */
export function useForecast() {
  return useMutation({ mutationFn: (cluster: NewCluster) => postJson<Forecast>("/clusters/forecast", cluster) });
}
