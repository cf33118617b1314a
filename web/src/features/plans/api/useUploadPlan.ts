import { useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "@/shared/api/keys";
import type { Plan } from "@/shared/api/types";
import { upload, type UploadFile, type UploadProgress } from "@/shared/api/upload";

export interface Upload {
  /** The plan that gets the files; null creates a new one. */
  planId: string | null;
  files: UploadFile[];
  /** The main .jmx, if there are several. */
  mainFile: string | null;
  onProgress: (progress: UploadProgress) => void;
  signal: AbortSignal;
}

export function useUploadPlan() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ planId, files, mainFile, onProgress, signal }: Upload) =>
      upload<Plan>(planId === null ? "/plans" : `/plans/${planId}/files`, mainFile === null ? {} : { main_file: mainFile }, files, onProgress, signal),
    onSuccess: async (plan) => {
      client.setQueryData(keys.plan(plan.id), plan);
      await client.invalidateQueries({ queryKey: keys.plans });
    },
  });
}
