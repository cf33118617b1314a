/** The runs whose end this browser notifies of: their IDs, stored in the browser, so that all its pages know. */
import { readStored, writeStored } from "@/shared/browser/stored";

const KEY = "jac-run-ends";
/** Runs that were started and never ended are eventually removed. */
const MOST = 20;

const listeners = new Set<() => void>();
let cached: { text: string | null; ids: string[] } = { text: null, ids: [] };

/** The same array until it changes. */
export function watchedRuns(): string[] {
  const text = readStored(KEY);
  if (text !== cached.text) cached = { text, ids: parse(text) };
  return cached.ids;
}

function parse(text: string | null): string[] {
  try {
    const ids: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === "string").slice(-MOST) : [];
  } catch {
    return [];
  }
}

export function watchRun(id: string): void {
  put([...watchedRuns().filter((each) => each !== id), id].slice(-MOST));
}

export function forgetRun(id: string): void {
  put(watchedRuns().filter((each) => each !== id));
}

function put(ids: string[]): void {
  writeStored(KEY, ids.length === 0 ? null : JSON.stringify(ids));
  for (const listener of listeners) listener();
}

/** Other pages of this browser change it too. */
export function onWatchedRuns(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
}
