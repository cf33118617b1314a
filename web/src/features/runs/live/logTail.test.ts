import { expect, it } from "vitest";
import { addChunk, EMPTY_TAIL, levelsOf, MAX_LINES } from "./logTail";

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

it("moves the start of the text by the bytes of the lines that it drops, and keeps the number of each line", () => {
  const first = addChunk(EMPTY_TAIL, chunk(50, "zwölf\n".repeat(2) + "line\n".repeat(MAX_LINES - 2)));
  expect([first.from, first.lines.length, first.dropped]).toEqual([50, MAX_LINES, 0]);
  const second = addChunk(first, { ...chunk(0, "a\nb\nc\n"), from: first.next, next: first.next + 6 });
  // Two lines of seven bytes, one of five.
  expect([second.from, second.lines.length, second.dropped]).toEqual([69, MAX_LINES, 3]);
  expect(second.lines.slice(-2)).toEqual(["b", "c"]);
});

it("recognises JMeter's levels, and those of a stack trace by the entry above it", () => {
  const lines = [
    "  at a.line.whose.Entry.is.not.here",
    "2026-11-23 01:12:07,123 ERROR o.a.j.t.JMeterThread: Test failed!",
    "java.lang.IllegalStateException: no data",
    "\tat org.apache.jmeter.threads.JMeterThread.run(JMeterThread.java:272)",
    "2026-11-23 01:12:08,000 INFO o.a.j.e.StandardJMeterEngine: Running the test!",
    "of two lines",
    "2026-11-23 01:12:09,000 WARN o.a.j.u.Something: slow",
    "\tat a.b.C",
  ];
  expect(levelsOf(lines)).toEqual(["other", "error", "error", "error", "other", "other", "warn", "warn"]);
});
