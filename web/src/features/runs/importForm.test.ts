import { expect, test } from "vitest";
import { checkImport } from "./importForm";

const file = (name: string, size = 10) => new File(["x".repeat(size)], name);
const check = (plan: string, files: File[], most_bytes: number) => checkImport({ plan, name: "", files }, most_bytes);

test("an import requires a plan and files that the server accepts", () => {
  expect(check("Shop", [file("a.jtl"), file("b.jtl.gz")], 20)).toMatchObject({ request: { plan: "Shop" }, faults: {} });
  expect(check(" ", [], 20).request).toBeNull();
  expect(Object.keys(check(" ", [], 20).faults)).toEqual(["plan", "files"]);
  expect(check("Shop", [file("a.jtl"), file("a.jtl")], 100).faults.files).toContain("a.jtl");
  expect(check("Shop", [file("a.jtl", 21)], 20).faults.files).toContain("Too large");
});
