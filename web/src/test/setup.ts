/** What a browser has and the simulated page has not: a canvas that remembers its texts, paths, widths. */
import { cleanup, configure } from "@testing-library/react";
import { afterEach, expect, vi } from "vitest";
import { PaintedContext } from "./canvas";

// What is waited for comes at once, except on a machine that compiles beside the tests.
configure({ asyncUtilTimeout: 10_000 });

const contexts = new WeakMap<HTMLCanvasElement, PaintedContext>();

Object.defineProperty(HTMLCanvasElement.prototype, "getContext", {
  value(this: HTMLCanvasElement) {
    const context = contexts.get(this) ?? new PaintedContext(this);
    contexts.set(this, context);
    return context;
  },
});
Object.defineProperty(HTMLElement.prototype, "clientWidth", { get: () => 640 });
vi.stubGlobal(
  "Path2D",
  class {
    moveTo(): void {}
    lineTo(): void {}
    rect(): void {}
    arc(): void {}
    closePath(): void {}
    bezierCurveTo(): void {}
  },
);

/** What React complains of, such as two children of one key: a fault that no other test would see. */
const complaints = vi.spyOn(console, "error");

afterEach(() => {
  cleanup();
  const said = complaints.mock.calls.map((call) => call.join(" "));
  complaints.mockClear();
  expect(said).toEqual([]);
});
