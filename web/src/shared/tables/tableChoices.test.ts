import { beforeEach, expect, it, vi } from "vitest";
import { columnWidth, readChoices, writeChoices } from "./tableChoices";

const stored = new Map<string, string>();

beforeEach(() => {
  stored.clear();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
    removeItem: (key: string) => stored.delete(key),
  });
});

it("returns what was stored, by the table's name", () => {
  writeChoices("labels", { shown: new Map([["min_ms", true]]), widths: new Map([["label", 320]]) });
  expect(readChoices("labels")).toEqual({ shown: new Map([["min_ms", true]]), widths: new Map([["label", 320]]) });
  expect(readChoices("runs").shown.size).toBe(0);
});

it.each(["", "[]", "7", "{", '{"shown":[],"widths":null}', '{"shown":{"a":1},"widths":{"b":"wide","c":null}}'])("ignores %j", (text) => {
  stored.set("jac-table.labels", text);
  expect(readChoices("labels")).toEqual({ shown: new Map(), widths: new Map() });
});

it("limits widths", () => {
  expect([columnWidth(1), columnWidth(200.4), columnWidth(9e9)]).toEqual([48, 200, 1600]);
});

it("stores nothing if nothing was changed", () => {
  writeChoices("labels", { shown: new Map([["a", true]]), widths: new Map() });
  writeChoices("labels", { shown: new Map(), widths: new Map() });
  expect(stored.size).toBe(0);
});

it("works in a browser without storage", () => {
  vi.stubGlobal("localStorage", {
    getItem: () => {
      throw new Error("denied");
    },
    setItem: () => {
      throw new Error("denied");
    },
    removeItem: () => undefined,
  });
  writeChoices("labels", { shown: new Map([["a", true]]), widths: new Map() });
  expect(readChoices("labels").shown.size).toBe(0);
});
