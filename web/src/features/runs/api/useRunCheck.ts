import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { postJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { RunCheck, RunCheckRequest } from "@/shared/api/types";
import { useSettled } from "@/shared/ui/useSettled";

/** Delay that is long enough for typing the next digit of a number. */
const SETTLED_MS = 250;

/** What a run with the current settings would do, and their errors; null: nothing to check. */
export function useRunCheck(plan: string | null, request: RunCheckRequest | null) {
  const written = JSON.stringify(request);
  const settled = useSettled(written, SETTLED_MS);
  const query = useQuery({
    queryKey: keys.runCheck(plan ?? "", settled),
    queryFn: () => postJson<RunCheck>(`/plans/${plan ?? ""}/check`, JSON.parse(settled)),
    enabled: plan !== null && request !== null && settled !== "null",
    staleTime: 10_000,
    placeholderData: (previous, before) => (before?.queryKey[1] === plan ? keepPreviousData(previous) : undefined),
  });
  const asked = request !== null;
  return { data: asked ? query.data : undefined, error: asked ? query.error : null, waiting: asked && (settled !== written || query.isFetching) };
}
