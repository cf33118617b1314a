import { io, type Socket } from "socket.io-client";
import { beginConnection, noteConnection } from "./connection";
import { pageSecret } from "./pageSecret";
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

/** Delay before retrying a page that the server rejected. */
const REFUSED_RETRY_MS = 5000;

/**
 * Connecting with a WebSocket at once is fastest if it works. If it does not, polling nearly always does: then polling comes first, and the
 * WebSocket is tried in parallel.
 */
const WEBSOCKET_FIRST = ["websocket", "polling"];
const POLLING_FIRST = ["polling", "websocket"];

let socket: JacSocket | null = null;

/** The page's one socket; it sends the session cookie. */
export function liveSocket(): JacSocket {
  socket ??= open();
  return socket;
}

function open(): JacSocket {
  const opened: JacSocket = io({
    path: "/socket.io",
    auth: (send) => send({ page: pageSecret() }),
    transports: WEBSOCKET_FIRST,
    reconnectionDelay: 500,
    reconnectionDelayMax: 3000,
    timeout: 5000,
  });
  beginConnection(() => {
    opened.disconnect();
    socket = null;
  });
  opened.on("connect", () => {
    const { engine } = opened.io;
    const polling = engine.transport.name === "polling";
    noteConnection({ connected: true, polling, refused: null });
    if (!polling) return;
    engine.once("upgrade", () => {
      opened.io.opts.transports = WEBSOCKET_FIRST;
      noteConnection({ polling: false });
    });
  });
  opened.on("connect_error", ({ message }) => {
    // Nothing was received: the library retries, next time by polling, which works if a WebSocket is blocked.
    if (opened.active) opened.io.opts.transports = POLLING_FIRST;
    if (message !== "too_many_pages" && message !== "sessions_unavailable") return;
    if (message === "too_many_pages") noteConnection({ connected: false, polling: false, refused: message });
    // The library does not retry after a rejection; another page may be closed, or the session store may be available again.
    setTimeout(() => socket?.connect(), REFUSED_RETRY_MS);
  });
  opened.on("disconnect", (reason) => {
    noteConnection({ connected: false, polling: false, refused: null });
    // The library itself does not reconnect after the server has disconnected it.
    if (reason === "io server disconnect") setTimeout(() => socket?.connect(), 1000);
  });
  return opened;
}
