import type { MouseEvent } from "react";

/** Whether a click on a row opens it: not a click on a control in it, not the end of a text selection, and not one with a modifier key. */
export function opensRow({ target, ctrlKey, metaKey, shiftKey, altKey }: MouseEvent): boolean {
  if (!(target instanceof Element) || target.closest("a,button,input") !== null) return false;
  return !ctrlKey && !metaKey && !shiftKey && !altKey && window.getSelection()?.type !== "Range";
}
