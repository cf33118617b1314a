import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const json = (text: string) => JSON.parse(text) as unknown;

it("is the policy of docs/aws.md", () => {
  const policy = readFileSync(new URL("./awsPolicy.json", import.meta.url), "utf8");
  const [, documented = ""] = /```json\n(.*?)```/s.exec(readFileSync(new URL("../../../../docs/aws.md", import.meta.url), "utf8")) ?? [];
  expect(json(policy)).toEqual(json(documented));
});
