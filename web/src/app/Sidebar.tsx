import { useEffect, useState } from "react";
import { Link, NavLink, useLocation } from "react-router";
import { useInfo } from "@/shared/session/useInfo";
import { useSignOut } from "@/features/session/api/useSignOut";
import { useSession } from "@/shared/session/useSession";
import { Icon } from "@/shared/ui/Icon";
import { ThemeSwitch } from "@/shared/ui/ThemeSwitch";
import { ZoneSwitch } from "@/shared/ui/ZoneSwitch";
import { PAGES } from "./pages";
import type { Asked } from "./useShortcuts";

interface Props {
  onAsk: (asked: Asked) => void;
}

/** Links to the pages, at the side; on a phone a bar at the top with a menu button. */
export function Sidebar({ onAsk }: Props) {
  const { key } = useLocation();
  // The menu is open for this page only: the next page starts with it closed.
  const [openOn, setOpenOn] = useState<string | null>(null);
  const open = openOn === key;
  useEffect(() => {
    if (!open) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape") setOpenOn(null);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [open]);
  return (
    <nav className={open ? "sidebar sidebar-open" : "sidebar"} aria-label="Pages">
      <div className="sidebar-head">
        <Link className="brand" to="/" aria-label="JAC">
          <img src="/favicon.svg" alt="" width="22" height="22" />
          <span className="word">JAC</span>
        </Link>
        <button type="button" className="btn btn-quiet" title="Search (Ctrl K)" aria-label="Search" onClick={() => onAsk("search")}>
          <Icon name="search" />
        </button>
        <button type="button" className="btn btn-outline-secondary sidebar-menu" aria-expanded={open} aria-controls="pages" onClick={() => setOpenOn(open ? null : key)}>
          <Icon name={open ? "x" : "list"} /> Menu
        </button>
      </div>
      <div id="pages" className="sidebar-pages">
        {PAGES.map((page) => (
          <NavLink key={page.to} to={page.to} end={page.to === "/"} className="nav-link" title={page.word}>
            <Icon name={page.icon} />
            <span className="word">{page.word}</span>
          </NavLink>
        ))}
        <Foot onAsk={onAsk} />
      </div>
    </nav>
  );
}

function Foot({ onAsk }: Props) {
  const session = useSession();
  const info = useInfo();
  const signOut = useSignOut();
  return (
    <div className="sidebar-foot">
      <div className="sidebar-looks">
        <ThemeSwitch />
        <button type="button" className="btn btn-quiet" title="Keyboard shortcuts (?)" aria-label="Keyboard shortcuts" onClick={() => onAsk("help")}>
          <Icon name="keyboard" />
        </button>
      </div>
      <div className="sidebar-user">
        <Link className="sidebar-name" to="/settings/account" title="My account">
          {session.data?.user.name}
        </Link>
        <button type="button" className="btn btn-quiet" title="Sign out" aria-label="Sign out" onClick={() => signOut.mutate()}>
          <Icon name="box-arrow-right" />
        </button>
      </div>
      <ZoneSwitch />
      <div className="sidebar-version">
        {info.data === undefined ? (
          "\u00a0"
        ) : (
          <>
            JAC {info.data.version}
            {info.data.jmeter.version !== null && <>, JMeter {info.data.jmeter.version}</>}
          </>
        )}
      </div>
    </div>
  );
}
