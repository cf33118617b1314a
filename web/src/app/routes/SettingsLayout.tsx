import { useEffect, useRef } from "react";
import { NavLink, Outlet, useLocation } from "react-router";
import { may, type Action } from "@/shared/session/rights";
import { useSession } from "@/shared/session/useSession";
import { Icon, type IconName } from "@/shared/ui/Icon";
import { PageHead } from "@/shared/ui/PageHead";

const PAGES: { to: string; icon: IconName; word: string; needs?: Action }[] = [
  { to: "account", icon: "person", word: "My account" },
  { to: "credentials", icon: "key", word: "Credentials", needs: "save_credentials" },
  { to: "results", icon: "cloud-upload", word: "Results", needs: "save_credentials" },
  { to: "search", icon: "search", word: "Search", needs: "save_credentials" },
  { to: "activity", icon: "clock", word: "My activity" },
  { to: "people", icon: "people", word: "People", needs: "manage_people" },
  { to: "teams", icon: "teams", word: "Teams", needs: "manage_people" },
  { to: "audit", icon: "list-check", word: "Audit", needs: "read_audit" },
  { to: "integrations", icon: "plug", word: "Integrations", needs: "manage_integrations" },
  { to: "server", icon: "hdd-rack", word: "Server", needs: "read_server" },
];

/** The user's own settings, and for administrators those of the installation. */
export function SettingsLayout() {
  const { data: session = null } = useSession();
  const { pathname } = useLocation();
  const page = PAGES.find(({ to }) => pathname === `/settings/${to}`);
  const nav = useRef<HTMLElement>(null);
  // In a narrow window the navigation scrolls horizontally.
  useEffect(() => {
    // Some browsers return a promise, which must not be returned as a cleanup function.
    nav.current?.querySelector(".active")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [pathname]);
  const shown = PAGES.filter(({ needs }) => needs === undefined || may(session, needs));
  return (
    <>
      <PageHead title="Settings" tab={page?.word ?? "Settings"} />
      <div className="settings">
        <nav ref={nav} className="settings-nav" aria-label="Settings">
          {shown.map((page) => (
            <NavLink key={page.to} to={page.to} className="nav-link">
              <Icon name={page.icon} />
              {page.word}
            </NavLink>
          ))}
        </nav>
        <div className="stack">
          <Outlet />
        </div>
      </div>
    </>
  );
}
