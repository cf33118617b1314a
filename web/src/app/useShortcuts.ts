import { useEffect } from "react";
import { useNavigate } from "react-router";
import { PAGES } from "./pages";
import { shortcutsOn } from "./shortcutChoice";

/** The time within which the second key must follow `g`. */
const SECOND_KEY_MS = 1200;

export type Asked = "help" | "search";

/** The keyboard shortcuts of every page, inactive while text is typed or a dialog is open; single-letter ones can be disabled. */
export function useShortcuts(onAsk: (asked: Asked) => void): void {
  const navigate = useNavigate();
  useEffect(() => {
    let goSince = -Infinity;
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || document.querySelector(".dialog") !== null) return;
      const command = event.ctrlKey || event.metaKey;
      if (command && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        onAsk("search");
        return;
      }
      if (command || event.altKey || isTyping(event.target) || !shortcutsOn()) return;
      const page = event.timeStamp - goSince < SECOND_KEY_MS ? PAGES.find(({ key }) => key === event.key) : undefined;
      goSince = event.key === "g" ? event.timeStamp : -Infinity;
      if (page !== undefined) void navigate(page.to);
      else if (event.key === "?") onAsk("help");
      else if (event.key === "/" && focusSearch()) event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [navigate, onAsk]);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.closest("input,textarea,select") !== null);
}

/** Focuses the first search or filter field of the page; false if it has none. */
function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>("main input[type=search]");
  field?.focus();
  return field !== null;
}
