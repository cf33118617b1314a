import { useRef, useState, useSyncExternalStore, type RefObject } from "react";
import { Outlet, ScrollRestoration } from "react-router";
import { SignedIn } from "@/features/session/components/SignedIn";
import { useZone } from "@/shared/format/zone";
import { ConnectionNote } from "@/shared/ui/ConnectionNote";
import { later } from "@/shared/ui/later";
import { onWatchedRuns, watchedRuns } from "@/features/runs/runEnds";
import { Sidebar } from "./Sidebar";
import { useChanges } from "./useChanges";
import { useShortcuts, type Asked } from "./useShortcuts";

const HelpDialog = later(async () => (await import("./HelpDialog")).HelpDialog);
const RunEndNotices = later(async () => (await import("@/features/runs/components/RunEndNotices")).RunEndNotices);
const SearchDialog = later(async () => (await import("./SearchDialog")).SearchDialog);

/** Side bar and page for a signed-in user. */
export function Shell() {
  return (
    <SignedIn>
      <SignedInShell />
    </SignedIn>
  );
}

function SignedInShell() {
  useChanges();
  const zone = useZone();
  const content = useRef<HTMLElement>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const watching = useSyncExternalStore(onWatchedRuns, watchedRuns).length > 0;
  const close = () => setAsked(null);
  useShortcuts(setAsked);
  return (
    <div className="shell">
      <SkipLink content={content} />
      <Sidebar onAsk={setAsked} />
      <main ref={content} className="content" tabIndex={-1}>
        <ConnectionNote />
        {/* A changed time zone renders everything that shows a time again. */}
        <Outlet key={zone} />
      </main>
      {asked === "help" && <HelpDialog onClose={close} />}
      {asked === "search" && <SearchDialog onClose={close} />}
      {watching && <RunEndNotices />}
      <ScrollRestoration />
    </div>
  );
}

/** The first element that the keyboard reaches on each page: skips the side bar. */
function SkipLink({ content }: { content: RefObject<HTMLElement | null> }) {
  return (
    <button type="button" className="btn btn-primary skip-link" onClick={() => content.current?.focus()}>
      Skip to content
    </button>
  );
}
