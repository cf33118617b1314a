import { useMutation, useQueryClient } from "@tanstack/react-query";
import { postJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { NewRun, Run } from "@/shared/api/types";

/** `onStarted` is also called if the page shows something else by then. */
export function useStartRun(onStarted: (run: Run) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (run: NewRun) => postJson<Run>("/runs", run),
    onSuccess: (run) => {
      client.setQueryData(keys.run(run.id), run);
      onStarted(run);
      void client.invalidateQueries({ queryKey: ["runs", "list"] });
      void client.invalidateQueries({ queryKey: keys.cluster(run.cluster.id) });
    },
  });
}
