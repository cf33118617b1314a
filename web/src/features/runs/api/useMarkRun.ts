import { useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { patchJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Run } from "@/shared/api/types";

function useMark<Value>(id: string, send: (value: Value) => Promise<Run>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: send, onSuccess: (run) => afterMark(client, id, run) });
}

function afterMark(client: QueryClient, id: string, run: Run): Promise<void> {
  client.setQueryData(keys.run(id), run);
  // Lists and trends, and with a new baseline also the run that was the baseline before.
  return client.invalidateQueries({ queryKey: ["runs"], predicate: ({ queryKey }) => queryKey[1] !== id });
}

/** Keeps a run regardless of the retention, or no longer. */
export const usePinRun = (id: string) => useMark(id, (pinned: boolean) => patchJson<Run>(`/runs/${id}/pin`, { pinned }));

/** Makes a run its plan's baseline, or no longer. */
export const useSetBaseline = (id: string) => useMark(id, (baseline: boolean) => patchJson<Run>(`/runs/${id}/baseline`, { baseline }));

/** A run's tags and note; absent ones stay unchanged. */
export interface Remarks {
  tags?: string[];
  note?: string;
}

export const useRemarks = (id: string) =>
  useMark(id, async ({ tags, note }: Remarks) => {
    const tagged = tags === undefined ? null : await patchJson<Run>(`/runs/${id}/tags`, { tags });
    const noted = note === undefined ? null : await patchJson<Run>(`/runs/${id}/note`, { note });
    return noted ?? tagged ?? Promise.reject(new Error("There is nothing to save."));
  });
