/** Menus and panels below a button, with Radix: it positions them, handles the keys and returns the focus. */
import * as DropdownMenu from "@radix-ui/react-dropdown-menu";
import * as Popover from "@radix-ui/react-popover";
import { createContext, useContext, useRef, type ComponentProps, type ReactNode, type RefObject } from "react";
import { Icon, type IconName } from "./Icon";

interface Props {
  label: string;
  icon?: IconName;
  /** Text on the button, before the icon. */
  text?: string;
  /** A button without a frame, for headers of cards and rows. */
  quiet?: boolean;
  children: ReactNode;
}

/** Distances from the button, and from the window's edge. */
const PLACE = { align: "end", sideOffset: 4, collisionPadding: 8 } as const;

/** The button of the menu around an entry. */
const MenuButton = createContext<RefObject<HTMLButtonElement | null>>({ current: null });

/** A list of actions. */
export function Menu({ children, ...button }: Props) {
  const ref = useRef<HTMLButtonElement>(null);
  return (
    // Not modal: a modal one adds a <style> element, which the Content-Security-Policy refuses.
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <OpeningButton ref={ref} {...button} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content {...PLACE} loop className="dropdown-menu show">
          <MenuButton value={ref}>{children}</MenuButton>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

interface ItemProps {
  onSelect: () => void;
  danger?: boolean;
  disabled?: boolean;
  /** A description of the action, below its name. */
  consequence?: string;
  children: ReactNode;
}

export function MenuItem({ onSelect, danger, disabled, consequence, children }: ItemProps) {
  const button = useContext(MenuButton);
  const select = () => {
    // Before the action: a dialog that it opens returns the focus to where it was.
    button.current?.focus();
    onSelect();
  };
  return (
    <DropdownMenu.Item asChild disabled={disabled === true} onSelect={select}>
      <button type="button" disabled={disabled} className={`dropdown-item ${danger === true ? "text-danger" : ""}`}>
        {children}
        {consequence !== undefined && <small>{consequence}</small>}
      </button>
    </DropdownMenu.Item>
  );
}

/** Fields and switches that stay while they are used. */
export function Panel({ children, ...button }: Props) {
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <OpeningButton {...button} />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content {...PLACE} aria-label={button.label} className="dropdown-menu show">
          {children}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

/** An action of a panel, which closes it. */
export function PanelAction({ onSelect, children }: Pick<ItemProps, "onSelect" | "children">) {
  return (
    <Popover.Close className="dropdown-item" onClick={onSelect}>
      {children}
    </Popover.Close>
  );
}

/** The other properties are those by which Radix opens it. */
function OpeningButton({ label, icon = "three-dots", text, quiet, ...opens }: Omit<Props, "children"> & ComponentProps<"button">) {
  const look = quiet === true ? "btn-quiet" : text === undefined ? "btn-outline-secondary" : "btn-sm btn-outline-secondary";
  return (
    <button type="button" className={`btn menu-button ${look}`} aria-label={text === undefined ? label : `${label}: ${text}`} title={label} {...opens}>
      {text !== undefined && <span className="menu-text">{text}</span>}
      <Icon name={icon} />
    </button>
  );
}
