import { readStored, writeStored } from "@/shared/browser/stored";

const KEY = "jac-shortcuts";

/** Single letters may be what somebody says to a speech program, so they can be switched off (WCAG 2.1.4). */
export function shortcutsOn(): boolean {
  return readStored(KEY) !== "off";
}

export function switchShortcuts(on: boolean): void {
  writeStored(KEY, on ? null : "off");
}
