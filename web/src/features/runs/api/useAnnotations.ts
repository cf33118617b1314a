import { useMutation, useQueryClient } from "@tanstack/react-query";
import { postJson, putJson, remove } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Annotation, Run } from "@/shared/api/types";

export interface NewAnnotation {
  at_ms: number;
  text: string;
}

/** Saves an annotation: a new one, or a changed one. */
export function useAnnotate(run: string, annotation: string | null) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (written: NewAnnotation): Promise<Annotation | Run> =>
      annotation === null ? postJson<Annotation>(`/runs/${run}/annotations`, written) : putJson<Run>(`/runs/${run}/annotations/${annotation}`, written),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.run(run) }),
  });
}

export function useRemoveAnnotation(run: string, annotation: string) {
  const client = useQueryClient();
  return useMutation({ mutationFn: () => remove(`/runs/${run}/annotations/${annotation}`), onSuccess: () => client.invalidateQueries({ queryKey: keys.run(run) }) });
}
