import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Plan } from "@/shared/api/types";

export function usePlan(id: string, asked = true) {
  return useQuery({ enabled: asked, queryKey: keys.plan(id), queryFn: ({ signal }) => getJson<Plan>(`/plans/${id}`, signal) });
}
