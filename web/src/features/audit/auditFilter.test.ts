import { expect, it } from "vitest";
import { auditSearch, faultOf, isEmpty, readFilter, writeFilter, type AuditFilter } from "./auditFilter";

const NONE: AuditFilter = { person: "", action: "", thing: "", text: "", from: "", to: "" };
const FULL: AuditFilter = { person: "u-1", action: "run_start", thing: "r-1", text: "10.0.0.7", from: "2026-11-28T06:00", to: "2026-11-28T07:00" };

it.each([NONE, FULL])("is read from the URL as it was written", (filter) => {
  const url = new URLSearchParams("other=1");
  writeFilter(url, filter);
  expect(readFilter(url)).toEqual(filter);
  writeFilter(url, NONE);
  expect(url.toString()).toBe("other=1");
});

it("converts times in the viewer's zone to milliseconds for the server", () => {
  const search = new URLSearchParams(auditSearch(FULL));
  expect(Number(search.get("to")) - Number(search.get("from"))).toBe(3_600_000);
  expect([search.get("person"), search.get("action"), search.get("thing"), search.get("text")]).toEqual(["u-1", "run_start", "r-1", "10.0.0.7"]);
  expect(auditSearch(NONE)).toBe("");
});

it("detects an end before the start, and an empty filter", () => {
  expect(faultOf({ ...FULL, to: FULL.from })).toBeDefined();
  expect(faultOf(FULL)).toBeUndefined();
  expect(faultOf({ ...FULL, from: "" })).toBeUndefined();
  expect([isEmpty(NONE), isEmpty(FULL)]).toEqual([true, false]);
});
