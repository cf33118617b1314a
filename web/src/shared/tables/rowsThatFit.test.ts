import { describe, expect, it } from "vitest";
import { rowsThatFit } from "./rowsThatFit";

const place = { windowHeight: 1000, top: 120, below: 30, headHeight: 31, rowHeight: 30 };

describe("a list that fills the page", () => {
  it("uses the window to its end", () => {
    for (const windowHeight of [700, 1000, 1440]) {
      const rows = rowsThatFit({ ...place, windowHeight });
      expect(place.top + place.headHeight + rows * place.rowHeight + place.below).toBe(windowHeight);
    }
  });
  it("keeps some rows if it starts far down or the window is small", () => {
    expect(rowsThatFit({ ...place, top: 950 })).toBe(8);
    expect(rowsThatFit({ ...place, windowHeight: 300 })).toBe(8);
  });
});
