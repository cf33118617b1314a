import { describe, expect, it } from "vitest";
import { EMPTY_LIST, isUnfiltered, readList, searchOf, writeList, type ListState } from "./listState";

const FACETS = ["phase", "provider"] as const;
const full: ListState = { whose: "mine", text: " shop 2", facets: { phase: "running" }, sort: { id: "p95", desc: true } };

describe("the state of a list", () => {
  it.each([EMPTY_LIST, full, { ...EMPTY_LIST, whose: "team" as const, sort: { id: "name", desc: false } }])("is read from the URL as it was written", (state) => {
    const url = new URLSearchParams("zoom=1-2");
    writeList(url, "runs.", FACETS, state);
    expect(readList(url, "runs.", FACETS)).toEqual(state);
    writeList(url, "runs.", FACETS, EMPTY_LIST);
    expect(url.toString()).toBe("zoom=1-2");
  });
  it("is separate for the lists of a page", () => {
    const url = new URLSearchParams("phase=running&runs.phase=finished");
    expect([readList(url, "", FACETS).facets, readList(url, "runs.", FACETS).facets]).toEqual([{ phase: "running" }, { phase: "finished" }]);
  });
  it("ignores an invalid owner", () => expect(readList(new URLSearchParams("whose=everyone"), "", []).whose).toBe("all"));
});

describe("the request of a list", () => {
  it.each<[ListState, Record<string, string>, string]>([
    [EMPTY_LIST, {}, ""],
    [full, { plan: "p-1" }, "owner=me&text=shop+2&phase=running&plan=p-1&sort=p95&order=desc"],
    [{ ...EMPTY_LIST, whose: "team" }, {}, "team=mine"],
    [{ ...EMPTY_LIST, facets: { provider: "ec2", phase: "ready" } }, { ended: "false" }, "ended=false&phase=ready&provider=ec2"],
  ])("for %j with %j", (state, fixed, search) => expect(searchOf(state, fixed)).toBe(search));
});

it("knows when no filter is set", () => {
  expect(isUnfiltered({ ...EMPTY_LIST, text: "  ", sort: { id: "name", desc: false } })).toBe(true);
  expect(isUnfiltered({ ...EMPTY_LIST, facets: { phase: "ready" } })).toBe(false);
});
