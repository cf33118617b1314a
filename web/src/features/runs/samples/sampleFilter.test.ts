import { describe, expect, it } from "vitest";
import { EMPTY, faultsOf, filterFor, fromLocal, readFilter, requestOf, toLocal, writeFilter } from "./sampleFilter";

describe("a search in the URL", () => {
  it("is read as it was written, and leaves other parameters unchanged", () => {
    const filter = { ...EMPTY, label: "^Home (a|b)$", success: "false" as const, min_ms: "200", keep: "slowest" as const, limit: "300" };
    const url = new URLSearchParams("label=Home&zoom=1-2&find.code=500");
    writeFilter(url, filter);
    expect(readFilter(url)).toEqual(filter);
    expect(url.get("label")).toBe("Home");
    expect(url.get("zoom")).toBe("1-2");
    expect(url.has("find.code")).toBe(false);
  });
  it("exists even if it matches everything, and is gone when it is removed", () => {
    const url = new URLSearchParams();
    writeFilter(url, EMPTY);
    expect(readFilter(url)).toEqual(EMPTY);
    writeFilter(url, null);
    expect(url.toString()).toBe("");
    expect(readFilter(new URLSearchParams("label=a"))).toBeNull();
  });
  it("replaces unknown values by defaults", () => {
    expect(readFilter(new URLSearchParams("find.keep=last&find.success=maybe&find.limit=5"))).toEqual(EMPTY);
  });
});

it("sends only the fields that are filled in", () => {
  expect(requestOf({ ...EMPTY, code: "500", text: "a b" })).toBe("code=500&text=a+b&keep=first&limit=100");
});

it("shows invalid values at their fields", () => {
  expect(faultsOf({ ...EMPTY, min_ms: "2s" })).toEqual({ min_ms: "Must be whole milliseconds." });
  expect(Object.keys(faultsOf({ ...EMPTY, min_ms: "500", max_ms: "90" }))).toEqual(["max_ms"]);
  expect(Object.keys(faultsOf({ ...EMPTY, from_ms: "500", to_ms: "90" }))).toEqual(["to_ms"]);
  expect(faultsOf({ ...EMPTY, min_ms: "90", max_ms: "90" })).toEqual({});
});

it("finds a row's label literally", () => {
  const { label, success, from_ms } = filterFor({ label: "GET /a?b=[1] (x)", success: false }, null);
  expect(from_ms).toBe("");
  expect(filterFor({}, [1000, 2000])).toMatchObject({ from_ms: "1000", to_ms: "2000" });
  expect(label).toBe("^GET /a\\?b=\\[1\\] \\(x\\)$");
  expect(new RegExp(label).test("GET /a?b=[1] (x)")).toBe(true);
  expect(new RegExp(label).test("GET /a?b=[1] (x) too")).toBe(false);
  expect(success).toBe("false");
});

it("converts to the input's local time and back", () => {
  expect(fromLocal(toLocal("1700000000000"))).toBe("1700000000000");
  expect(toLocal("")).toBe("");
  expect(fromLocal("")).toBe("");
});
