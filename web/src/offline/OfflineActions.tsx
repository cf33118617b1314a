import { Icon } from "@/shared/ui/Icon";
import { ThemeSwitch } from "@/shared/ui/ThemeSwitch";
import { ZoneSwitch } from "@/shared/ui/ZoneSwitch";

/** What can be done with a page that has no server behind it. */
export function OfflineActions() {
  return (
    <>
      <ZoneSwitch />
      <ThemeSwitch />
      <button type="button" className="btn btn-outline-secondary" onClick={() => window.print()}>
        <Icon name="printer" /> Print
      </button>
    </>
  );
}
