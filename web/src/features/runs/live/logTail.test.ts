import { expect, it } from "vitest";
import { addChunk, EMPTY_TAIL, levelOf } from "./logTail";

const chunk = (from: number, text: string, size = 1000) => ({ node: "master", from, next: from + text.length, text, size });

it("joins a line that was split between two chunks", () => {
  const first = addChunk(EMPTY_TAIL, chunk(0, "one\ntw"));
  expect(first.lines).toEqual(["one", "tw"]);
  const second = addChunk(first, chunk(6, "o\nthree\n"));
  expect(second.lines).toEqual(["one", "two", "three"]);
  expect(addChunk(second, chunk(14, "four\n")).lines).toEqual(["one", "two", "three", "four"]);
});

it("starts again if the chunk does not follow", () => {
  const tail = addChunk(addChunk(EMPTY_TAIL, chunk(0, "old\n")), chunk(900, "new\n"));
  expect(tail.lines).toEqual(["new"]);
  expect(tail.from).toBe(900);
});

it("returns the same object if nothing arrived", () => {
  const tail = addChunk(EMPTY_TAIL, chunk(0, "one\n"));
  expect(addChunk(tail, chunk(4, ""))).toBe(tail);
});

it("recognises JMeter's levels", () => {
  expect(levelOf("2026-11-23 01:12:07,123 ERROR o.a.j.t.JMeterThread: Test failed!")).toBe("error");
  expect(levelOf("2026-11-23 01:12:07,123 INFO o.a.j.e.StandardJMeterEngine: Running the test!")).toBe("other");
});
