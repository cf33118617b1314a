import { readStored, writeStored } from "@/shared/browser/stored";

const KEY = "jac-shortcuts";

/** Speech input may trigger single letters, so they can be disabled (WCAG 2.1.4). */
export function shortcutsOn(): boolean {
  return readStored(KEY) !== "off";
}

export function switchShortcuts(on: boolean): void {
  writeStored(KEY, on ? null : "off");
}
