import { createContext, useContext, useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { Icon, type IconName } from "./Icon";

interface MenuProps {
  label: string;
  icon?: IconName;
  /** Text on the button, before the icon. */
  text?: string;
  /** A button without a frame, for headers of cards and rows. */
  quiet?: boolean;
  /** Stays open on clicks inside (a list of switches). */
  stays?: boolean;
  /** Shown above elements that would clip it: a scrolling table, the facts of a page. */
  floats?: boolean;
  children: ReactNode;
}

/** Closes the menu that contains the selected entry. */
const CloseMenu = createContext<() => void>(() => undefined);

/** Margin between a menu and the window's edge. */
const EDGE_PX = 8;

/** Bootstrap's dropdown with arrow keys, Escape and a click elsewhere; usually in the last column of the page, so it opens to the left. */
export function Menu({ label, icon = "three-dots", text, quiet, stays, floats, children }: MenuProps) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();

  // If its button is at the left of a narrow window, it is moved back into the window. A floating menu moves with its button.
  useLayoutEffect(() => {
    const element = list.current;
    const button = root.current;
    if (!open || element === null || button === null) return;
    if (floats !== true) {
      const beyond = EDGE_PX - element.getBoundingClientRect().left;
      if (beyond > 0) element.style.right = `${-beyond}px`;
      return;
    }
    const place = () => {
      const at = button.getBoundingClientRect();
      const room = document.documentElement.clientWidth;
      const below = window.innerHeight - at.bottom > element.offsetHeight + EDGE_PX;
      Object.assign(element.style, {
        position: "fixed",
        left: "auto",
        margin: "0",
        right: `${Math.max(EDGE_PX, Math.min(room - at.right, room - element.offsetWidth - EDGE_PX))}px`,
        top: below ? `${at.bottom + 4}px` : "auto",
        bottom: below ? "auto" : `${window.innerHeight - at.top + 4}px`,
      });
    };
    // In the browser's top layer, where nothing clips it.
    if ("showPopover" in element) element.showPopover();
    place();
    document.addEventListener("scroll", place, true);
    window.addEventListener("resize", place);
    return () => {
      document.removeEventListener("scroll", place, true);
      window.removeEventListener("resize", place);
    };
  }, [open, floats]);

  // The focus returns from the entry to the button; a dialog opened by the entry returns it to the button, too.
  const close = () => {
    setOpen(false);
    root.current?.querySelector("button")?.focus();
  };

  const step = (by: 1 | -1) => {
    const items = [...(root.current?.querySelectorAll<HTMLElement>(".dropdown-item:not(:disabled)") ?? [])];
    const at = items.findIndex((item) => item === document.activeElement);
    items.at((at + by) % items.length)?.focus();
  };

  // While it is open it handles the keys itself: Escape closes the menu and not the dialog around it.
  useEffect(() => {
    if (!open) return;
    const within = (target: EventTarget | null) => target instanceof Node && root.current?.contains(target) === true;
    const away = (event: PointerEvent) => {
      if (!within(event.target)) setOpen(false);
    };
    const keys = (event: globalThis.KeyboardEvent) => {
      const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : null;
      if (!within(event.target) || (by === null && event.key !== "Escape")) return;
      event.preventDefault();
      event.stopPropagation();
      if (by === null) close();
      else step(by);
    };
    document.addEventListener("pointerdown", away);
    document.addEventListener("keydown", keys, true);
    return () => {
      document.removeEventListener("pointerdown", away);
      document.removeEventListener("keydown", keys, true);
    };
  }, [open]);

  const openByKey = (event: KeyboardEvent) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    setOpen(true);
  };

  return (
    <div ref={root} className="dropdown">
      <button
        type="button"
        className={quiet === true ? "btn btn-quiet" : text === undefined ? "btn btn-outline-secondary" : "btn btn-sm btn-outline-secondary"}
        aria-haspopup={stays === true ? undefined : "menu"}
        aria-expanded={open}
        aria-controls={id}
        aria-label={text === undefined ? label : `${label}: ${text}`}
        title={label}
        onClick={() => setOpen(!open)}
        onKeyDown={openByKey}
      >
        {text !== undefined && <span className="menu-text">{text}</span>}
        <Icon name={icon} />
      </button>
      {open && (
        <div ref={list} id={id} role={stays === true ? "group" : "menu"} aria-label={label} popover={floats === true ? "manual" : undefined} className="dropdown-menu dropdown-menu-end show">
          <CloseMenu value={close}>{children}</CloseMenu>
        </div>
      )}
    </div>
  );
}

interface MenuItemProps {
  onSelect: () => void;
  danger?: boolean;
  disabled?: boolean;
  /** A description of the action, below its name. */
  consequence?: string;
  children: ReactNode;
}

export function MenuItem({ onSelect, danger, disabled, consequence, children }: MenuItemProps) {
  const close = useContext(CloseMenu);
  const select = () => {
    onSelect();
    close();
  };
  return (
    <button type="button" role="menuitem" disabled={disabled} className={`dropdown-item ${danger === true ? "text-danger" : ""}`} onClick={select}>
      {children}
      {consequence !== undefined && <small>{consequence}</small>}
    </button>
  );
}
