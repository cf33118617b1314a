import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { JacSocket, SubscribeAnswer } from "@/shared/api/socket";
import type { Run, Snapshot } from "@/shared/api/types";
import { packed } from "@/test/live";
import { LiveStore } from "./liveStore";

function snapshot(seq: number): Snapshot {
  return {
    run_id: "r-1",
    seq,
    at_ms: seq * 1000,
    run: { id: "r-1", phase: "running", nodes: [] as Run["nodes"] } as Run,
    summary: { labels: [] } as unknown as Snapshot["summary"],
    labels: 0,
    bucket_ms: 1000,
    reset: true,
    points: [],
    codes: { reset: false, series: [] },
    errors: [],
  };
}

/** A fake connection: counts the requests, and answers as the test says. */
class Wire extends EventEmitter {
  connected = true;
  asked: { after: number }[] = [];
  answer: () => Promise<SubscribeAnswer> = () => Promise.resolve(snapshot(1));
  timeout() {
    return {
      emitWithAck: (_event: string, request: { after: number }) => {
        this.asked.push(request);
        return this.answer();
      },
    };
  }
}

/** A fake of the page's visibility. */
class Sight extends EventTarget {
  hidden = false;
}

let wire: Wire;
let sight: Sight;
let store: LiveStore;
beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("requestAnimationFrame", (paint: () => void) => setTimeout(paint, 16));
  vi.stubGlobal("cancelAnimationFrame", clearTimeout);
  sight = new Sight();
  vi.stubGlobal("document", sight);
  wire = new Wire();
  store = new LiveStore("r-1", () => wire as unknown as JacSocket);
});
afterEach(() => {
  store.stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("subscribes again after a silence, and not while snapshots arrive", async () => {
  store.start();
  await vi.advanceTimersByTimeAsync(100);
  expect(store.get()?.seq).toBe(1);
  for (let seq = 2; seq < 20; seq += 1) {
    wire.emit("snapshot", packed(snapshot(seq)));
    await vi.waitFor(() => expect(store.get()?.seq).toBe(seq));
    await vi.advanceTimersByTimeAsync(1000);
  }
  expect(wire.asked).toEqual([{ run_id: "r-1", after: 0 }]);
  wire.answer = () => Promise.resolve(snapshot(25));
  await vi.advanceTimersByTimeAsync(13_000);
  expect(wire.asked.at(-1)).toEqual({ run_id: "r-1", after: 19 });
  expect(store.get()?.seq).toBe(25);
});

it("sends no more requests once it is stopped", async () => {
  store.start();
  await vi.advanceTimersByTimeAsync(100);
  store.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(wire.asked).toHaveLength(1);
});

it("continues while the page is hidden, when the browser renders no frames", async () => {
  vi.stubGlobal("requestAnimationFrame", () => 1);
  store.start();
  await vi.advanceTimersByTimeAsync(100);
  expect(store.get()).toBeNull();
  sight.hidden = true;
  sight.dispatchEvent(new Event("visibilitychange"));
  expect(store.get()?.seq).toBe(1);
  wire.emit("snapshot", packed(snapshot(2)));
  await vi.waitFor(() => expect(store.get()?.seq).toBe(2));
});

it("sends no more requests after a run has finished", async () => {
  wire.answer = () => Promise.resolve({ ...snapshot(1), run: { ...snapshot(1).run, phase: "finished" } });
  store.start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(wire.asked).toHaveLength(1);
});
