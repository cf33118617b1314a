import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Artefact } from "@/shared/api/types";

/** A run's files; during the run they appear and grow. */
export function useRunArtefacts(id: string, phase: string) {
  return useQuery({
    queryKey: [...keys.runArtefacts(id), phase],
    queryFn: ({ signal }) => getJson<Artefact[]>(`/runs/${id}/artefacts`, signal),
    refetchInterval: phase === "finished" ? false : 5000,
  });
}
