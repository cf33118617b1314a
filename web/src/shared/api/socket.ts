import { io, type Socket } from "socket.io-client";
import { pageSecret } from "./pageSecret";
import { serverNow } from "./serverClock";
import type { Changed, ErrorBody, SignedOut, Snapshot } from "./types";

interface ServerEvents {
  /** A compressed `PushedSnapshot`. */
  snapshot: (packed: ArrayBuffer) => void;
  changed: (change: Changed) => void;
  signed_out: (end: SignedOut) => void;
}

/** An error has the same content as that of a request. */
export type SubscribeAnswer = Snapshot | ErrorBody;

interface ClientEvents {
  subscribe_run: (request: { run_id: string; after: number }, answer: (answer: SubscribeAnswer) => void) => void;
  unsubscribe_run: (request: { run_id: string }) => void;
}

export type JacSocket = Socket<ServerEvents, ClientEvents>;

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

/** Delay before retrying a page that the server rejected. */
const REFUSED_RETRY_MS = 5000;

/**
 * Connecting with a WebSocket at once is fastest if it works. If it does not, polling nearly always does: then polling comes first, and the
 * WebSocket is tried in parallel.
 */
const WEBSOCKET_FIRST = ["websocket", "polling"];
const POLLING_FIRST = ["polling", "websocket"];

const NOT_TRIED: Connection = { connected: false, since_ms: null, was_connected: false, polling: false, refused: null };

let socket: JacSocket | null = null;
let connection = NOT_TRIED;
const listeners = new Set<() => void>();

function put(change: Partial<Connection>): void {
  const next = { ...connection, ...change };
  if (next.connected === connection.connected && next.polling === connection.polling && next.refused === connection.refused && connection.since_ms !== null) return;
  const same = next.connected === connection.connected && connection.since_ms !== null;
  connection = { ...next, since_ms: same ? connection.since_ms : serverNow(), was_connected: next.was_connected || next.connected };
  for (const listener of listeners) listener();
}

/** The page's one socket; it sends the session cookie. */
export function liveSocket(): JacSocket {
  socket ??= open();
  return socket;
}

function open(): JacSocket {
  connection = NOT_TRIED;
  const opened: JacSocket = io({
    path: "/socket.io",
    auth: (send) => send({ page: pageSecret() }),
    transports: WEBSOCKET_FIRST,
    reconnectionDelay: 500,
    reconnectionDelayMax: 3000,
    timeout: 5000,
  });
  put({ connected: false });
  opened.on("connect", () => {
    const { engine } = opened.io;
    const polling = engine.transport.name === "polling";
    put({ connected: true, polling, refused: null });
    if (!polling) return;
    engine.once("upgrade", () => {
      opened.io.opts.transports = WEBSOCKET_FIRST;
      put({ polling: false });
    });
  });
  opened.on("connect_error", ({ message }) => {
    // Nothing was received: the library retries, next time by polling, which works if a WebSocket is blocked.
    if (opened.active) opened.io.opts.transports = POLLING_FIRST;
    if (message !== "too_many_pages" && message !== "sessions_unavailable") return;
    if (message === "too_many_pages") put({ connected: false, polling: false, refused: message });
    // The library does not retry after a rejection; another page may be closed, or the session store may be available again.
    setTimeout(() => socket?.connect(), REFUSED_RETRY_MS);
  });
  opened.on("disconnect", (reason) => {
    put({ connected: false, polling: false, refused: null });
    // The library itself does not reconnect after the server has disconnected it.
    if (reason === "io server disconnect") setTimeout(() => socket?.connect(), 1000);
  });
  return opened;
}

export function closeLiveSocket(): void {
  socket?.disconnect();
  socket = null;
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
