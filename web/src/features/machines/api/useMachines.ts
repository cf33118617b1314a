import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Machines } from "@/shared/api/types";

/** All machines that cost money, whoever created them. */
export function useMachines() {
  return useQuery({ queryKey: keys.machines, queryFn: ({ signal }) => getJson<Machines>("/machines", signal), refetchInterval: 10_000 });
}
