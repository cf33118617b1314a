import { describe, expect, it } from "vitest";
import { formatBytes } from "@/shared/format/numbers";
import { faultOf, plansAmong, withoutCommonFolder } from "./chosenFiles";

describe("paths of a dropped folder", () => {
  it("are relative to the plan's folder", () => {
    expect(withoutCommonFolder(["shop/shop.jmx", "shop/data/users.csv"])).toEqual(["shop.jmx", "data/users.csv"]);
  });
  it("keep folders that are not common to all", () => {
    expect(withoutCommonFolder(["shop.jmx", "data/users.csv"])).toEqual(["shop.jmx", "data/users.csv"]);
    expect(withoutCommonFolder(["a/x.csv", "b/y.csv"])).toEqual(["a/x.csv", "b/y.csv"]);
  });
});

describe("a selection of files", () => {
  const limits = { max_upload_bytes: 1_048_576, max_files: 2 };
  const file = (path: string, size = 1) => ({ path, file: { size } as File });
  it("needs a .jmx for a new plan, but not for more files of a plan", () => {
    expect(faultOf([file("a.csv")], limits, true)).toContain(".jmx");
    expect(faultOf([file("a.csv")], limits, false)).toBeNull();
    expect(faultOf([file("a.JMX")], limits, true)).toBeNull();
    expect(faultOf([file("shop.zip")], limits, true)).toBeNull();
  });
  it("has limits", () => {
    expect(faultOf([], limits, true)).toContain("No file");
    expect(faultOf([file("a.jmx"), file("b"), file("c")], limits, true)).toContain("at most 2");
    expect(faultOf([file("a.jmx", 2_000_000)], limits, true)).toContain(`at most ${formatBytes(limits.max_upload_bytes)}`);
  });
});

it("offers the .jmx files of a selection, top-level ones first", () => {
  const files = ["lib/login.jmx", "shop.jmx", "users.csv", "admin.jmx"].map((path) => ({ path, file: {} as File }));
  expect(plansAmong(files)).toEqual(["admin.jmx", "shop.jmx", "lib/login.jmx"]);
});
