import { expect, it } from "vitest";
import { urlOf } from "./sampleUrl";

it("shows no URL where JMeter wrote that there is none", () => {
  expect(["null", "", "http://a/null"].map((url) => urlOf({ url }))).toEqual(["", "", "http://a/null"]);
});
