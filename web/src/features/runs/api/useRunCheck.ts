import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { postJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { RunCheck, RunCheckRequest } from "@/shared/api/types";
import { useSettled } from "@/shared/ui/useSettled";

/** Long enough for the next letter of a number. */
const SETTLED_MS = 250;

/** What a run with the settings as they are typed would do, and what is wrong with them; null: nothing is to be asked. */
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
