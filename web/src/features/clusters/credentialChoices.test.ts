import { describe, expect, it } from "vitest";
import type { CredentialView } from "@/shared/api/types";
import { awsChoices, chosenOf, keyChoices } from "./credentialChoices";

const set = (id: string, kind: CredentialView["kind"], owner = "u-1"): CredentialView => ({
  id,
  name: id,
  kind,
  owner: { id: owner, name: owner },
  region: null,
  shown: {},
  saved_ms: 0,
  identity: null,
  fault: null,
  in_use_by: [],
  stores: [],
  search_targets: [],
});
const values = (choices: { value: string }[]) => choices.map(({ value }) => value);
const none = { allowed: false, available: false };

describe("the credentials of a new cluster", () => {
  const all = [set("main", "aws_keys"), set("load", "aws_role"), set("lab", "ssh_key"), set("theirs", "aws_keys", "u-2"), set("their-key", "ssh_key", "u-2")];
  it("are the user's own of the right kind, also for an administrator, who sees all", () => {
    expect(values(awsChoices(all, none, "u-1"))).toEqual(["main", "load"]);
    expect(values(keyChoices(all, "u-1", false))).toEqual(["lab"]);
  });
  it("include the server's own only if permitted, and a file only for administrators", () => {
    expect(awsChoices([], { allowed: true, available: false }, "u-1")).toMatchObject([{ value: "environment", disabled: true }]);
    expect(awsChoices([], { allowed: true, available: true }, "u-1")).toMatchObject([{ value: "environment", disabled: false }]);
    expect(values(keyChoices([], "u-1", true))).toEqual(["file"]);
  });
});

it.each([
  ["saved", ["main"], "main"],
  ["saved", ["main", "environment"], "main"],
  ["saved", ["main", "load"], ""],
  ["saved", ["environment"], "environment"],
  ["saved", [], ""],
  ["load", ["main", "load"], "load"],
  ["environment", ["main", "environment"], "environment"],
  ["theirs", ["main"], "main"],
  ["theirs", ["main", "load"], ""],
  ["", ["lab", "file"], "lab"],
  ["", ["file"], "file"],
])("%j among %j selects %j", (chosen, choices, result) =>
  expect(
    chosenOf(
      chosen,
      choices.map((value) => ({ value, word: value })),
    ),
  ).toBe(result),
);

it("preselects nothing that exists but cannot be used", () => expect(chosenOf("environment", [{ value: "environment", word: "", disabled: true }])).toBe(""));
