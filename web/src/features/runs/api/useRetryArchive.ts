import { useMutation, useQueryClient } from "@tanstack/react-query";
import { postJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Run } from "@/shared/api/types";

/** Stores the results of a run now, instead of at the next retry. */
export function useRetryArchive(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => postJson<NonNullable<Run["archive"]>>(`/runs/${id}/archive/retry`, {}),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.run(id) }),
  });
}
