import { act, render, screen } from "@testing-library/react";
import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { closeConnection } from "@/shared/api/connection";
import { liveSocket } from "@/shared/api/socket";
import { ConnectionNote } from "./ConnectionNote";

/** The part of the library's socket that the page uses. */
class Wire extends EventEmitter {
  /** The library reconnects by itself. */
  active = true;
  readonly io = { engine: Object.assign(new EventEmitter(), { transport: { name: "websocket" } }), opts: { transports: [] as string[] } };
  constructor(options: { transports: string[] }) {
    super();
    this.io.opts.transports = options.transports;
  }
  connect(): void {}
  disconnect(): void {}
}

vi.mock("socket.io-client", () => ({ io: (options: { transports: string[] }) => new Wire(options) }));

let wire: Wire;
beforeEach(() => {
  vi.useFakeTimers();
  wire = liveSocket() as unknown as Wire;
  render(<ConnectionNote />);
});
afterEach(() => {
  closeConnection();
  vi.useRealTimers();
});

const emit = (event: string, argument?: unknown) => act(() => void wire.emit(event, argument));
const pass = (ms: number) => act(() => void vi.advanceTimersByTime(ms));
const state = () => screen.queryByRole("status")?.dataset["connection"] ?? null;
const failing = () => new Error("websocket error");

it("shows nothing while connected, or if the connection is back within a second", () => {
  emit("connect");
  pass(60_000);
  expect(state()).toBeNull();
  emit("disconnect", "transport close");
  pass(900);
  emit("connect");
  pass(60_000);
  expect(state()).toBeNull();
});

it("shows how long the connection has been lost, until it is back", () => {
  emit("connect");
  pass(10_000);
  emit("disconnect", "transport close");
  pass(65_000);
  expect(state()).toBe("lost");
  expect(screen.getByRole("status").textContent).toContain("1\u00a0min\u00a005\u00a0s");
  emit("connect");
  expect(state()).toBeNull();
});

it("shows this too if there was never a connection", () => {
  emit("connect_error", failing());
  pass(4000);
  expect(state()).toBeNull();
  pass(3000);
  expect(state()).toBe("lost");
});

it("falls back to polling if a WebSocket fails, and says so", () => {
  expect(wire.io.opts.transports[0]).toBe("websocket");
  emit("connect_error", failing());
  expect(wire.io.opts.transports[0]).toBe("polling");
  wire.io.engine.transport.name = "polling";
  emit("connect");
  expect(state()).toBeNull();
  pass(6000);
  expect(state()).toBe("polling");
  emit("disconnect", "transport close");
  pass(2000);
  expect(state()).toBe("lost");
});

it("shows nothing if the WebSocket connects after all, and starts with it the next time", () => {
  emit("connect_error", failing());
  wire.io.engine.transport.name = "polling";
  emit("connect");
  pass(1000);
  act(() => void wire.io.engine.emit("upgrade"));
  pass(60_000);
  expect(state()).toBeNull();
  expect(wire.io.opts.transports[0]).toBe("websocket");
});

it("says that too many pages are open, and keeps using the WebSocket", () => {
  wire.active = false;
  emit("connect_error", new Error("too_many_pages"));
  expect(state()).toBe("refused");
  expect(wire.io.opts.transports[0]).toBe("websocket");
});
