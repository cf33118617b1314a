import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getJson, postJson, removeJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { SearchTarget, Shipment } from "@/shared/api/types";

const EVERY_MS = 2000;

/** The state of shipping the run's samples to the search targets; polled while any is in progress. */
export function useShipments(id: string) {
  return useQuery({
    queryKey: keys.runShipments(id),
    queryFn: ({ signal }) => getJson<Shipment[]>(`/runs/${id}/search`, signal),
    refetchInterval: (query) => (query.state.data?.some(({ state, target_info }) => state === "shipping" && target_info !== null) === true ? EVERY_MS : false),
  });
}

/** The server's targets; they change only when it restarts. */
export function useSearchTargets() {
  return useQuery({
    queryKey: keys.searchTargets,
    queryFn: ({ signal }) => getJson<SearchTarget[]>("/search/targets", signal),
    staleTime: Infinity,
  });
}

/** Ships the run to a target: at once if it is waiting, from the beginning if it has ended. */
export function useShipRun(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (target: string) => postJson<Shipment[]>(`/runs/${id}/search?target=${encodeURIComponent(target)}`, {}),
    onSuccess: (shipments) => client.setQueryData(keys.runShipments(id), shipments),
  });
}

/** Removes the shipment to a target that the server no longer has. */
export function useForgetShipment(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (target: string) => removeJson<unknown>(`/runs/${id}/search?target=${encodeURIComponent(target)}`),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.runShipments(id) }),
  });
}
