import { expect, it } from "vitest";
import { parametersOf, putParameter } from "./useUrlParameters";

it("finds the parameters before and in the hash", () => {
  expect(parametersOf({ search: "?a=1", hash: "" }).get("a")).toBe("1");
  expect(parametersOf({ search: "?a=1", hash: "#part" }).get("a")).toBe("1");
  expect(parametersOf({ search: "", hash: "#/?a=2&b=%3F" }).get("b")).toBe("?");
  expect(parametersOf({ search: "", hash: "#/" }).toString()).toBe("");
});

it("removes a parameter set to null", () => {
  const parameters = new URLSearchParams("a=1");
  putParameter(parameters, "b", "2");
  putParameter(parameters, "a", null);
  expect(parameters.toString()).toBe("b=2");
});
