import { describe, expect, it } from "vitest";
import { jmeterChoices } from "./jmeterChoices";

const tool = { found: true, path: "/opt/jmeter", version: "5.6.2", hint: null };

describe("the JMeters that a new cluster can have", () => {
  it("are the server's own and those that it can fetch", () => {
    const info = { jmeter: tool, jmeter_versions: ["5.6.3", "5.6.2", "5.5"] };
    expect(jmeterChoices(info, "").map(({ words }) => words)).toEqual(["5.6.2 (server default)", "5.6.3", "5.5"]);
  });

  it("have the newest as the server's own where it has none yet", () => {
    const info = { jmeter: { ...tool, found: false, version: null }, jmeter_versions: ["5.6.3", "5.5"] };
    expect(jmeterChoices(info, "").map(({ version, words }) => [version, words])).toEqual([
      ["", "5.6.3 (server default)"],
      ["5.5", "5.5"],
    ]);
  });

  it("keep what the cluster had that this one is made like", () => {
    expect(jmeterChoices(undefined, "5.6.3").map(({ version }) => version)).toEqual(["", "5.6.3"]);
  });
});
