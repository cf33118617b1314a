import { describe, expect, it } from "vitest";
import { changesWords } from "./revisionWords";

describe("what a revision changed", () => {
  it("names the first files and counts the others", () => {
    const changes = [
      { path: "shop.jmx", change: "changed" as const },
      { path: "users.csv", change: "added" as const },
      { path: "old.csv", change: "removed" as const },
      { path: "zones.csv", change: "added" as const },
    ];
    expect(changesWords({ changes: changes.slice(0, 2), changed_files: 2, changes_from: 1 })).toBe("changed shop.jmx, added users.csv");
    expect(changesWords({ changes, changed_files: 5, changes_from: 1 })).toBe("changed shop.jmx, added users.csv, removed old.csv and 2 more files");
  });

  it("is empty for the first revision", () => {
    expect(changesWords({ changes: [], changed_files: 0, changes_from: null })).toBe("");
  });
});
