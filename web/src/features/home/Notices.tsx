import type { Notice } from "@/shared/api/types";
import { formatCount } from "@/shared/format/numbers";
import { formatTimeNear } from "@/shared/format/time";
import { Note } from "@/shared/ui/Note";
import { useNow } from "@/shared/ui/useNow";

/** Notices from the server: quarantined results, unreadable rows, a disk that is nearly full. */
export function Notices({ notices }: { notices: Notice[] }) {
  const now = useNow(60_000);
  return notices.map((notice) => (
    <Note key={`${notice.code} ${notice.message}`} tone="attention">
      {notice.message}{" "}
      <span className="text-muted">
        {notice.at_ms !== null && formatTimeNear(notice.at_ms, now)}
        {notice.count > 1 && ` (${formatCount(notice.count)} times)`}
      </span>
    </Note>
  ));
}
