import { Icon } from "@/shared/ui/Icon";
import { ThemeSwitch } from "@/shared/ui/ThemeSwitch";
import { ZoneSwitch } from "@/shared/ui/ZoneSwitch";

/** Actions of a page without a server. */
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
