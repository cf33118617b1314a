import { describe, expect, it } from "vitest";
import { checkCredentials, EMPTY, placeRefusals } from "./credentialsForm";

const KEYS = { ...EMPTY, accessKeyId: " AKIAIOSFODNN7EXAMPLE\n", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPx" };
const ROLE = { ...EMPTY, roleArn: "arn:aws-cn:iam::123456789012:role/path/load", externalId: "a:b" };

describe("AWS credentials", () => {
  it("are keys, a role or both, without what was pasted along", () => {
    expect(checkCredentials(KEYS).request).toEqual({
      access_key_id: "AKIAIOSFODNN7EXAMPLE",
      secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPx",
      session_token: null,
      role_arn: null,
      external_id: null,
      region: null,
    });
    expect(checkCredentials(ROLE).request).toMatchObject({ access_key_id: null, role_arn: ROLE.roleArn, external_id: "a:b" });
    expect(checkCredentials({ ...ROLE, ...KEYS, roleArn: ROLE.roleArn, region: "eu-central-1" }).faults).toEqual({});
  });
  it("have all their faults told at once", () => {
    const { request, faults } = checkCredentials({ accessKeyId: "ASIA1", secretAccessKey: "", sessionToken: "", roleArn: "arn:aws:iam::1:user/x", externalId: "!", region: "Frankfurt" });
    expect(request).toBeNull();
    expect(Object.keys(faults).sort()).toEqual(["externalId", "region", "roleArn", "secretAccessKey", "sessionToken"]);
  });
  it.each([
    [EMPTY, "accessKeyId"],
    [{ ...EMPTY, secretAccessKey: "s" }, "accessKeyId"],
    [{ ...EMPTY, accessKeyId: "AKIA1" }, "secretAccessKey"],
    [{ ...KEYS, secretAccessKey: "s e" }, "secretAccessKey"],
    [{ ...ROLE, sessionToken: "t" }, "sessionToken"],
    [{ ...KEYS, externalId: "abc" }, "externalId"],
  ])("%j are wrong in one thing", (form, field) => {
    expect(Object.keys(checkCredentials(form).faults)).toEqual([field]);
  });
});

it("places the server's faults", () => {
  const sentences = [
    "The secret access key is missing.",
    "An access key that begins with ASIA works only with its session token.",
    "The access key id is none: it has letters and digits only, such as AKIAIOSFODNN7EXAMPLE.",
    "An external id goes with a role, and there is none.",
    "The role is no ARN of one: give it as arn:aws:iam::123456789012:role/name.",
    "The region is none: give one such as eu-central-1.",
    "Something new.",
  ];
  const { beside, rest } = placeRefusals(sentences);
  expect(Object.keys(beside).sort()).toEqual(["accessKeyId", "externalId", "region", "roleArn", "secretAccessKey", "sessionToken"]);
  expect(rest).toEqual(["Something new."]);
});
