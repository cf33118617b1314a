import { useMutation, useQueryClient } from "@tanstack/react-query";
import { patchJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Run } from "@/shared/api/types";

/** Keeps a run whatever the retention says, or lets it go again. */
export function usePinRun(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (pinned: boolean) => patchJson<Run>(`/runs/${id}/pin`, { pinned }),
    onSuccess: (run) => {
      client.setQueryData(keys.run(id), run);
      return client.invalidateQueries({ queryKey: ["runs", "list"] });
    },
  });
}
