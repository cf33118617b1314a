import { expect, it } from "vitest";
import { changedRemarks, readTags } from "./remarks";

it("reads tags between commas and line ends", () => expect(readTags(" v2, nightly,\n, eu west ")).toEqual(["v2", "nightly", "eu west"]));

it("sends only what was changed", () => {
  const before = { tags: ["v2"], note: "Warm cache." };
  expect(changedRemarks(before, { tags: "v2", note: "Warm cache. " })).toBeNull();
  expect(changedRemarks(before, { tags: "v2, nightly", note: "Warm cache." })).toEqual({ tags: ["v2", "nightly"] });
  expect(changedRemarks(before, { tags: "", note: "" })).toEqual({ tags: [], note: "" });
});
