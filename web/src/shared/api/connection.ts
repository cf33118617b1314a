/** Whether the page has its live connection. Apart from the socket, whose code is fetched after the first page. */
import { serverNow } from "./serverClock";

export interface Connection {
  connected: boolean;
  /** Since when, if the server's clock is known; null before a connection was tried. */
  since_ms: number | null;
  /** There was a connection since the page was opened. */
  was_connected: boolean;
  /** Connected by polling: something between the browser and the server blocks WebSockets. */
  polling: boolean;
  /** Why the server does not accept this page now, a code; null: not requested yet, or accepted. */
  refused: string | null;
}

const NOT_TRIED: Connection = { connected: false, since_ms: null, was_connected: false, polling: false, refused: null };

let connection = NOT_TRIED;
let close: (() => void) | null = null;
const listeners = new Set<() => void>();

/** The page tries to connect from now on; `closing` ends that. */
export function beginConnection(closing: () => void): void {
  close = closing;
  connection = NOT_TRIED;
  noteConnection({ connected: false });
}

export function noteConnection(change: Partial<Connection>): void {
  const next = { ...connection, ...change };
  if (next.connected === connection.connected && next.polling === connection.polling && next.refused === connection.refused && connection.since_ms !== null) return;
  const same = next.connected === connection.connected && connection.since_ms !== null;
  connection = { ...next, since_ms: same ? connection.since_ms : serverNow(), was_connected: next.was_connected || next.connected };
  for (const listener of listeners) listener();
}

export function closeConnection(): void {
  close?.();
  close = null;
  connection = NOT_TRIED;
  for (const listener of listeners) listener();
}

export const connectionStore = {
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  get: (): Connection => connection,
};
