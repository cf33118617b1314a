import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Plan } from "@/shared/api/types";

export function usePlans() {
  return useQuery({ queryKey: keys.planList, queryFn: ({ signal }) => getJson<Plan[]>("/plans", signal) });
}
