import { useEffect, useSyncExternalStore } from "react";
import { useNavigate } from "react-router";
import { causeChip, verdictChip } from "@/features/results/runWords";
import { ApiError } from "@/shared/api/client";
import type { Run } from "@/shared/api/types";
import { formatMs, formatPercent } from "@/shared/format/numbers";
import { useRun } from "../api/useRun";
import { showNotice } from "../notices";
import { forgetRun, onWatchedRuns, watchedRuns } from "../runEnds";

/** Shows a notification at the end of the runs that the user chose, on any page. */
export function RunEndNotices() {
  const runs = useSyncExternalStore(onWatchedRuns, watchedRuns);
  return runs.map((id) => <Watch key={id} id={id} />);
}

/** Polling interval in addition to change events, for a page that missed the end. */
const ASK_MS = 30_000;

function Watch({ id }: { id: string }) {
  const run = useRun(id, ASK_MS);
  const navigate = useNavigate();
  const gone = run.error instanceof ApiError && run.error.status === 404;
  useEffect(() => {
    if (gone) forgetRun(id);
    if (run.data?.phase !== "finished") return;
    forgetRun(id);
    if (!("Notification" in window) || Notification.permission !== "granted") return;
    // Each of several pages of this browser shows one; the tag merges them.
    const notice = showNotice(run.data.name, { body: endWords(run.data), tag: id, icon: "/favicon.svg" });
    if (notice === null) return;
    notice.onclick = () => {
      window.focus();
      void navigate(`/runs/${id}`);
      notice.close();
    };
  }, [id, run.data, gone, navigate]);
  return null;
}

function endWords({ cause, verdict, headline }: Run): string {
  const words = [causeChip(cause, headline).word];
  const judged = verdictChip(verdict, headline);
  if (judged !== null) words.push(judged.word);
  if (headline !== null) words.push(`p95 ${formatMs(headline.p95_ms)}`, `error rate ${formatPercent(headline.error_percent)}`);
  return words.join(" · ");
}
