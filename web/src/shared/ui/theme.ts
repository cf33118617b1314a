import { useSyncExternalStore } from "react";
import { readStored, writeStored } from "@/shared/browser/stored";
import type { Scheme } from "@/shared/charts/palette";

/** Light, dark or the system's setting; always light in print. Stored in the browser, passed to Bootstrap in `data-bs-theme`. */
export type ThemeChoice = "auto" | "light" | "dark";

interface Theme {
  choice: ThemeChoice;
  scheme: Scheme;
  printing: boolean;
}

const KEY = "jac-theme";
const system = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();
let printing = false;
let theme = compute(stored());

function stored(): ThemeChoice {
  const value = readStored(KEY);
  return value === "light" || value === "dark" ? value : "auto";
}

function compute(choice: ThemeChoice): Theme {
  const chosen = choice === "auto" ? (system.matches ? "dark" : "light") : choice;
  const scheme = printing ? "light" : chosen;
  document.documentElement.dataset["bsTheme"] = scheme;
  return { choice, scheme, printing };
}

function update(choice: ThemeChoice): void {
  theme = compute(choice);
  for (const listener of listeners) listener();
}

system.addEventListener("change", () => update(theme.choice));
window.addEventListener("beforeprint", () => {
  printing = true;
  update(theme.choice);
});
window.addEventListener("afterprint", () => {
  printing = false;
  update(theme.choice);
});

export function chooseTheme(choice: ThemeChoice): void {
  writeStored(KEY, choice);
  update(choice);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, () => theme);
}
