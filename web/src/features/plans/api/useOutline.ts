import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Outline } from "@/shared/api/types";

/** The tree of a plan's elements. */
export function useOutline(id: string) {
  return useQuery({ queryKey: keys.planOutline(id), queryFn: ({ signal }) => getJson<Outline>(`/plans/${id}/outline`, signal) });
}
