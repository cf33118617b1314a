import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Run } from "@/shared/api/types";

/** `everyMs`: polling interval until it has finished, if no live connection reports changes. */
export function useRun(id: string, everyMs: number | false = false) {
  return useQuery({
    queryKey: keys.run(id),
    queryFn: ({ signal }) => getJson<Run>(`/runs/${id}`, signal),
    refetchInterval: (query) => (query.state.data?.phase === "finished" ? false : everyMs),
  });
}
