import { expect, it } from "vitest";
import { changedRemarks, readTags } from "./remarks";

it("reads tags between commas and line ends", () => expect(readTags(" v2, nightly,\n, eu west ")).toEqual(["v2", "nightly", "eu west"]));

it("sends only what was changed", () => {
  const before = { tags: ["v2"], note: "Warm cache." };
  expect(changedRemarks(before, before, { tags: "v2", note: "Warm cache. " })).toBeNull();
  expect(changedRemarks(before, before, { tags: "v2, nightly", note: "Warm cache." })).toEqual({ tags: ["v2", "nightly"] });
  expect(changedRemarks(before, before, { tags: "", note: "" })).toEqual({ tags: [], note: "" });
});

it("removes nothing that another user added after the form was opened", () => {
  const [before, now] = [
    { tags: ["v2"], note: "" },
    { tags: ["v2", "nightly"], note: "Cold cache." },
  ];
  expect(changedRemarks(before, now, { tags: "v2", note: "" })).toBeNull();
  expect(changedRemarks(before, now, { tags: "v2, eu", note: "" })).toEqual({ tags: ["v2", "eu", "nightly"] });
  expect(changedRemarks(before, now, { tags: "", note: "Slow." })).toEqual({ tags: ["nightly"], note: "Slow." });
});
