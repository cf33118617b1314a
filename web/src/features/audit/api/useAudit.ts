import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { AuditEntry, Page } from "@/shared/api/types";

const ROWS = 100;

/** The audit trail, newest first, page by page: of all users (`/audit`), or the user's own (`/account/audit`). */
export function useAudit(path: "/audit" | "/account/audit", search: string) {
  return useInfiniteQuery({
    queryKey: keys.audit(path, search),
    queryFn: ({ pageParam, signal }) => {
      const asked = new URLSearchParams(search);
      asked.set("limit", String(ROWS));
      if (pageParam !== null) asked.set("after", pageParam);
      return getJson<Page<AuditEntry>>(`${path}?${asked.toString()}`, signal);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
  });
}
