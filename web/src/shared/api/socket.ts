import { io, type Socket } from "socket.io-client";
import { pageSecret } from "./pageSecret";
import { serverNow } from "./serverClock";
import type { Changed, SignedOut, Snapshot } from "./types";

interface ServerEvents {
  snapshot: (snapshot: Snapshot) => void;
  changed: (change: Changed) => void;
  signed_out: (end: SignedOut) => void;
}

/** A refusal is a sentence in place of a snapshot. */
export type SubscribeAnswer = Snapshot | { error: string };

interface ClientEvents {
  subscribe_run: (request: { run_id: string; after: number }, answer: (answer: SubscribeAnswer) => void) => void;
  unsubscribe_run: (request: { run_id: string }) => void;
}

export type JacSocket = Socket<ServerEvents, ClientEvents>;

export interface Connection {
  connected: boolean;
  /** Since when it is so, as far as the server's clock is known; null before the first connection. */
  since_ms: number | null;
  /** The server does not let this page in now, by a code; null: it was not asked, or it does. */
  refused: string | null;
}

/** Until the server is asked again to let in a page that it refused. */
const REFUSED_RETRY_MS = 5000;

let socket: JacSocket | null = null;
let connection: Connection = { connected: false, since_ms: null, refused: null };
const listeners = new Set<() => void>();

function setConnected(connected: boolean, refused: string | null = null): void {
  if (connection.connected === connected && connection.refused === refused) return;
  connection = { connected, since_ms: serverNow(), refused };
  for (const listener of listeners) listener();
}

/** The page's one socket; the session cookie goes with it. */
export function liveSocket(): JacSocket {
  if (socket === null) {
    socket = io({
      path: "/socket.io",
      auth: (tell) => tell({ page: pageSecret() }),
      transports: ["websocket", "polling"],
      reconnectionDelay: 500,
      reconnectionDelayMax: 3000,
      timeout: 5000,
    });
    socket.on("connect", () => setConnected(true));
    socket.on("connect_error", ({ message }) => {
      if (message !== "too_many_pages" && message !== "sessions_unavailable") return;
      if (message === "too_many_pages") setConnected(false, message);
      // The library does not retry what the server refused; another page may be closed, or sessions can be looked up again.
      setTimeout(() => socket?.connect(), REFUSED_RETRY_MS);
    });
    socket.on("disconnect", (reason) => {
      setConnected(false);
      // A disconnect that the server asked for is not retried by the library itself.
      if (reason === "io server disconnect") setTimeout(() => socket?.connect(), 1000);
    });
  }
  return socket;
}

export function closeLiveSocket(): void {
  socket?.disconnect();
  socket = null;
  setConnected(false);
}

export const connectionStore = {
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  get: (): Connection => connection,
};
