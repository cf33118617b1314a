import { Link, NavLink, Outlet, ScrollRestoration } from "react-router";
import { useInfo } from "@/shared/session/useInfo";
import { zoneName } from "@/shared/format/time";
import { useSession } from "@/shared/session/useSession";
import { useSignOut } from "@/features/session/api/useSignOut";
import { SignedIn } from "@/features/session/components/SignedIn";
import { Icon, type IconName } from "@/shared/ui/Icon";
import { ConnectionNote } from "@/shared/ui/ConnectionNote";
import { ThemeSwitch } from "@/shared/ui/ThemeSwitch";
import { useNow } from "@/shared/ui/useNow";
import { useChanges } from "./useChanges";

const PAGES: { to: string; icon: IconName; word: string }[] = [
  { to: "/", icon: "house", word: "Overview" },
  { to: "/clusters", icon: "hdd-stack", word: "Clusters" },
  { to: "/machines", icon: "cloud", word: "Machines" },
  { to: "/plans", icon: "file-text", word: "Plans" },
  { to: "/runs", icon: "activity", word: "Runs" },
  { to: "/schedules", icon: "clock", word: "Schedules" },
  { to: "/settings", icon: "gear", word: "Settings" },
];

/** Side bar and page, for who is signed in. */
export function Shell() {
  return (
    <SignedIn>
      <SignedInShell />
    </SignedIn>
  );
}

function SignedInShell() {
  useChanges();
  return (
    <div className="shell">
      <nav className="sidebar" aria-label="Pages">
        <Link className="brand" to="/" aria-label="JAC">
          <img src="/favicon.svg" alt="" />
          <span className="word">JAC</span>
        </Link>
        {PAGES.map((page) => (
          <NavLink key={page.to} to={page.to} end={page.to === "/"} className="nav-link" title={page.word}>
            <Icon name={page.icon} />
            <span className="word">{page.word}</span>
          </NavLink>
        ))}
        <SidebarFoot />
      </nav>
      <main className="content">
        <ConnectionNote />
        <Outlet />
      </main>
      <ScrollRestoration />
    </div>
  );
}

function SidebarFoot() {
  const session = useSession();
  const info = useInfo();
  const signOut = useSignOut();
  // Summer time begins while a page is open.
  const now = useNow(60_000);
  return (
    <div className="sidebar-foot">
      <ThemeSwitch />
      <div className="sidebar-user">
        <Link className="sidebar-name" to="/settings/account" title="My account">
          {session.data?.user.name}
        </Link>
        <button type="button" className="btn btn-quiet" title="Sign out" aria-label="Sign out" onClick={() => signOut.mutate()}>
          <Icon name="box-arrow-right" />
        </button>
      </div>
      <div className="sidebar-version">Times in {zoneName(now)}</div>
      {info.data !== undefined && (
        <div className="sidebar-version">
          JAC {info.data.version}
          {info.data.jmeter.version !== null && <>, JMeter {info.data.jmeter.version}</>}
        </div>
      )}
    </div>
  );
}
