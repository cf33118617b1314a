import { useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "@/shared/api/keys";
import type { Run } from "@/shared/api/types";
import { upload, type UploadFile, type UploadProgress } from "@/shared/api/upload";

export interface Import {
  plan: string;
  name: string;
  files: UploadFile[];
  onProgress: (progress: UploadProgress) => void;
  signal: AbortSignal;
}

export function useImportRun() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ plan, name, files, onProgress, signal }: Import) => upload<Run>("/runs/import", name.trim() === "" ? { plan } : { plan, name }, files, onProgress, signal),
    onSuccess: (run) => {
      client.setQueryData(keys.run(run.id), run);
      void client.invalidateQueries({ queryKey: ["runs", "list"] });
    },
  });
}
