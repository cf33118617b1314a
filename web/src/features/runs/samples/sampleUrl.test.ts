import { expect, it } from "vitest";
import { urlOf } from "./sampleUrl";

it("shows no URL if JMeter wrote none", () => {
  expect(["null", "", "http://a/null"].map((url) => urlOf({ url }))).toEqual(["", "", "http://a/null"]);
});
