import { io, type Socket } from "socket.io-client";
import { pageSecret } from "./pageSecret";
import { serverNow } from "./serverClock";
import type { Changed, ErrorBody, SignedOut, Snapshot } from "./types";

interface ServerEvents {
  /** A packed `PushedSnapshot`. */
  snapshot: (packed: ArrayBuffer) => void;
  changed: (change: Changed) => void;
  signed_out: (end: SignedOut) => void;
}

/** A rejection has the same content as that of a request. */
export type SubscribeAnswer = Snapshot | ErrorBody;

interface ClientEvents {
  subscribe_run: (request: { run_id: string; after: number }, answer: (answer: SubscribeAnswer) => void) => void;
  unsubscribe_run: (request: { run_id: string }) => void;
}

export type JacSocket = Socket<ServerEvents, ClientEvents>;

export interface Connection {
  connected: boolean;
  /** Since when it is so, as far as the server's clock is known; null before a connection was tried. */
  since_ms: number | null;
  /** There was a connection since the page was opened. */
  was_connected: boolean;
  /** Connected, but by requests again and again: something between the browser and the server lets no WebSocket through. */
  polling: boolean;
  /** The server does not let this page in now, by a code; null: it was not asked, or it does. */
  refused: string | null;
}

/** Until the server is asked again to let in a page that it refused. */
const REFUSED_RETRY_MS = 5000;

/**
 * A WebSocket at once is the quickest where it works. Where it does not, requests do nearly always: then those come first, and the
 * WebSocket is tried beside them.
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

/** The page's one socket; the session cookie goes with it. */
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
    // Nothing came through: the library tries again, next time by requests, which pass where a WebSocket is blocked.
    if (opened.active) opened.io.opts.transports = POLLING_FIRST;
    if (message !== "too_many_pages" && message !== "sessions_unavailable") return;
    if (message === "too_many_pages") put({ connected: false, polling: false, refused: message });
    // The library does not retry what the server refused; another page may be closed, or sessions can be looked up again.
    setTimeout(() => socket?.connect(), REFUSED_RETRY_MS);
  });
  opened.on("disconnect", (reason) => {
    put({ connected: false, polling: false, refused: null });
    // A disconnect that the server asked for is not retried by the library itself.
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
