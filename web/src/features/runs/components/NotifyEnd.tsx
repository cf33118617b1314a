import { useState, useSyncExternalStore } from "react";
import { Icon } from "@/shared/ui/Icon";
import { hasNotices } from "../notices";
import { forgetRun, onWatchedRuns, watchedRuns, watchRun } from "../runEnds";

/** Whether this browser shows a notification at the end of the run. Only this click asks the browser for permission. */
export function NotifyEnd({ runId }: { runId: string }) {
  const watched = useSyncExternalStore(onWatchedRuns, watchedRuns).includes(runId);
  const [offered] = useState(hasNotices);
  const [denied, setDenied] = useState(() => offered && Notification.permission === "denied");
  if (!offered) return null;
  const toggle = async () => {
    if (watched) {
      forgetRun(runId);
      return;
    }
    const permission = await Notification.requestPermission();
    setDenied(permission === "denied");
    if (permission === "granted") watchRun(runId);
  };
  const title = denied ? "The browser blocks notifications of this page. Allow them in its settings." : "Works while a JAC page is open in this browser.";
  return (
    <button type="button" className="btn btn-outline-secondary" aria-pressed={watched} disabled={denied} title={title} onClick={() => void toggle()}>
      <Icon name="bell" /> {watched ? "Notifies at the end" : "Notify at the end"}
    </button>
  );
}
