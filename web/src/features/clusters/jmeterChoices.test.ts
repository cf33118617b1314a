import { describe, expect, it } from "vitest";
import { jmeterChoices } from "./jmeterChoices";

const tool = { found: true, path: "/opt/jmeter", version: "5.6.2", hint: null };

describe("the JMeter versions for a new cluster", () => {
  it("are the server's own and those that it can download", () => {
    const info = { jmeter: tool, jmeter_versions: ["5.6.3", "5.6.2", "5.5"] };
    expect(jmeterChoices(info, "").map(({ words }) => words)).toEqual(["5.6.2 (server default)", "5.6.3", "5.5"]);
  });

  it("name the newest one as the server's own if it has none yet", () => {
    const info = { jmeter: { ...tool, found: false, version: null }, jmeter_versions: ["5.6.3", "5.5"] };
    expect(jmeterChoices(info, "").map(({ version, words }) => [version, words])).toEqual([
      ["", "5.6.3 (server default)"],
      ["5.5", "5.5"],
    ]);
  });

  it("include the version of the cluster that is copied", () => {
    expect(jmeterChoices(undefined, "5.6.3").map(({ version }) => version)).toEqual(["", "5.6.3"]);
  });
});
