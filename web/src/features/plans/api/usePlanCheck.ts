import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Check } from "@/shared/api/types";

/** What the plan needs and does with this number of workers. */
export function usePlanCheck(id: string | null, workers: number) {
  return useQuery({
    queryKey: keys.planCheck(id ?? "", workers),
    queryFn: ({ signal }) => getJson<Check>(`/plans/${id ?? ""}/check?workers=${workers}`, signal),
    enabled: id !== null,
    placeholderData: (previous, query) => (query?.queryKey[1] === id ? keepPreviousData(previous) : undefined),
  });
}
