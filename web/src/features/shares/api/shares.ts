import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getJson, postJson, remove } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { OpenedShare, Share } from "@/shared/api/types";

/** What a link shows: one run, or a comparison. */
export type Shared = { kind: "run"; run: string } | { kind: "comparison"; runs: string[] };

function pathOf(shared: Shared): string {
  return shared.kind === "run" ? `/runs/${shared.run}/shares` : "/comparisons/shares";
}

function listPath(shared: Shared): string {
  return shared.kind === "run" ? pathOf(shared) : `${pathOf(shared)}?${new URLSearchParams({ runs: shared.runs.join(",") }).toString()}`;
}

export function useShares(shared: Shared) {
  const path = listPath(shared);
  return useQuery({ queryKey: keys.shares(path), queryFn: ({ signal }) => getJson<Share[]>(path, signal) });
}

export function useCreateShare(shared: Shared) {
  const client = useQueryClient();
  return useMutation({
    // The link exists only while its dialog is open, and nowhere else.
    gcTime: 0,
    mutationFn: (days: number) => postJson<Share>(pathOf(shared), shared.kind === "run" ? { expires_days: days } : { runs: shared.runs, expires_days: days }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.shares(listPath(shared)) }),
  });
}

export function useRevokeShare(shared: Shared) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => remove(`${pathOf(shared)}/${id}`),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.shares(listPath(shared)) }),
  });
}

/** Opens what the link shows, for this browser: the answer's cookie authorizes it from now on. */
export function useOpenShare() {
  return useMutation({ gcTime: 0, mutationFn: (secret: string) => postJson<OpenedShare>("/shares/open", { secret }) });
}
