import { beforeEach, expect, it, vi } from "vitest";
import { NO_CHOICES, readChoices, writeChoices } from "./tableChoices";

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
  writeChoices("labels", { shown: { min_ms: true }, widths: { label: 320 } });
  expect(readChoices("labels")).toEqual({ shown: { min_ms: true }, widths: { label: 320 } });
  expect(readChoices("runs")).toEqual(NO_CHOICES);
});

it.each(["", "[]", "7", "{", '{"shown":[],"widths":null}', '{"shown":{"a":1},"widths":{"b":"wide","c":null}}'])("ignores %j", (text) => {
  stored.set("jac-table.labels", text);
  expect(readChoices("labels")).toEqual(NO_CHOICES);
});

it("reads what earlier versions have stored, and keeps the valid parts", () => {
  stored.set("jac-table.labels", '{"shown":{"owner":false,"url":1},"widths":{"label":320,"p95":"wide"}}');
  expect(readChoices("labels")).toEqual({ shown: { owner: false }, widths: { label: 320 } });
});

it("stores nothing if nothing was changed", () => {
  writeChoices("labels", { shown: { a: true }, widths: {} });
  writeChoices("labels", NO_CHOICES);
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
  writeChoices("labels", { shown: { a: true }, widths: {} });
  expect(readChoices("labels")).toEqual(NO_CHOICES);
});
