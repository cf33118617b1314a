import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getJson, postJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Integrations, IntegrationTest } from "@/shared/api/types";

const EVERY_MS = 10_000;

/** The targets that this server notifies, and their recent deliveries. */
export function useIntegrations() {
  return useQuery({
    queryKey: keys.integrations,
    queryFn: ({ signal }) => getJson<Integrations>("/integrations", signal),
    refetchInterval: EVERY_MS,
  });
}

/** Sends a test to a target. */
export function useTestIntegration() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => postJson<IntegrationTest>(`/integrations/${encodeURIComponent(name)}/test`, {}),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.integrations }),
  });
}
