/** What the simulated page lacks of a browser: a canvas that records its texts, paths, widths. */
import { cleanup, configure } from "@testing-library/react";
import { afterEach, expect, vi } from "vitest";
import { PaintedContext } from "./canvas";

// Waiting is usually short, except on a machine that compiles at the same time.
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

/** Warnings of React, such as two children with one key: no other test would detect them. */
const complaints = vi.spyOn(console, "error");

afterEach(() => {
  cleanup();
  const said = complaints.mock.calls.map((call) => call.join(" "));
  complaints.mockClear();
  expect(said).toEqual([]);
});
