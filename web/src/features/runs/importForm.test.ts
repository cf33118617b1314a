import { expect, test } from "vitest";
import { importFaults } from "./importForm";

const file = (name: string, size = 10) => ({ name, size });

test("an import requires a plan and files that the server accepts", () => {
  expect(importFaults({ plan: "Shop", files: [file("a.jtl"), file("b.jtl.gz")] }, 20)).toEqual({ plan: undefined, files: undefined });
  const empty = importFaults({ plan: " ", files: [] }, 20);
  expect(empty.plan).toBeDefined();
  expect(empty.files).toBeDefined();
  expect(importFaults({ plan: "Shop", files: [file("a.jtl"), file("a.jtl")] }, 100).files).toContain("a.jtl");
  expect(importFaults({ plan: "Shop", files: [file("a.jtl", 21)] }, 20).files).toContain("Too large");
});
