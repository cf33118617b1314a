import type { MouseEvent } from "react";

/** Whether a click on a row is to open it: not one on something in it, not one that ends the selection of text, and none with a modifier key. */
export function opensRow({ target, ctrlKey, metaKey, shiftKey, altKey }: MouseEvent): boolean {
  if (!(target instanceof Element) || target.closest("a,button,input") !== null) return false;
  return !ctrlKey && !metaKey && !shiftKey && !altKey && window.getSelection()?.type !== "Range";
}
