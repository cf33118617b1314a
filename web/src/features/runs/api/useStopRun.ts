import { useMutation, useQueryClient } from "@tanstack/react-query";
import { postJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Run } from "@/shared/api/types";

export function useStopRun(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (how: "graceful" | "force") => postJson<Run>(`/runs/${id}/stop`, { how }),
    onSuccess: (run) => client.setQueryData(keys.run(id), run),
  });
}
