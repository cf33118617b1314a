import { useQuery } from "@tanstack/react-query";
import type { TransactionParts } from "@/features/results/folding";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Run } from "@/shared/api/types";

/** The labels inside each transaction, by the plan that the run runs; undefined: not known. It is in place before the run takes samples. */
export function useRunTransactions({ id, phase, provider }: Pick<Run, "id" | "phase" | "provider">): TransactionParts | undefined {
  return useQuery({
    queryKey: keys.runTransactions(id),
    queryFn: ({ signal }) => getJson<TransactionParts>(`/runs/${id}/transactions`, signal),
    enabled: provider !== "imported" && phase !== "queued" && phase !== "preparing",
    staleTime: Infinity,
  }).data;
}
