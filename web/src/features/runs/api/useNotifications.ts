import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getJson, postJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Delivery } from "@/shared/api/types";

const EVERY_MS = 5000;

/** The notifications of the run's end, and the state of each; polled while any is pending. */
export function useNotifications(id: string) {
  return useQuery({
    queryKey: keys.runNotifications(id),
    queryFn: ({ signal }) => getJson<Delivery[]>(`/runs/${id}/notifications`, signal),
    refetchInterval: (query) => (query.state.data?.some(({ state }) => state === "waiting") === true ? EVERY_MS : false),
  });
}

/** Sends it to a target now, and retries for another day. */
export function useRetryNotification(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (target: string) => postJson<Delivery[]>(`/runs/${id}/notifications/retry?target=${encodeURIComponent(target)}`, {}),
    onSuccess: (deliveries) => client.setQueryData(keys.runNotifications(id), deliveries),
  });
}
