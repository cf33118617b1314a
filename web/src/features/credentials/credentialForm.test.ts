import { describe, expect, it } from "vitest";
import { checkCredential, emptyCredential, credentialFieldOf } from "./credentialForm";

const KEYS = { ...emptyCredential("aws_keys", "main"), accessKeyId: " AKIAIOSFODNN7EXAMPLE\n", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPx" };
const ROLE = { ...emptyCredential("aws_role", "load"), roleArn: "arn:aws-cn:iam::123456789012:role/path/load", externalId: "a:b" };
const SSH = { ...emptyCredential("ssh_key", "lab"), privateKey: "\n-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n\n" };
const faultsOf = (form: Parameters<typeof checkCredential>[0]) => Object.keys(checkCredential(form).faults).sort();

describe("a set of credentials", () => {
  it("is sent without surrounding white space, and without fields of another kind", () => {
    expect(checkCredential({ ...KEYS, roleArn: "typed before the kind was changed" }).request).toEqual({
      name: "main",
      aws: { access_key_id: "AKIAIOSFODNN7EXAMPLE", secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPx", session_token: null, role_arn: null, external_id: null, region: null },
    });
    expect(checkCredential(ROLE).request).toMatchObject({ name: "load", aws: { access_key_id: null, role_arn: ROLE.roleArn, external_id: "a:b" } });
    expect(checkCredential(SSH).request).toEqual({ name: "lab", ssh_key: { private_key: "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n" } });
    expect(checkCredential({ ...SSH, passphrase: " as typed " }).request?.ssh_key?.passphrase).toBe(" as typed ");
  });
  it("may be a role that is assumed with a key", () => expect(checkCredential({ ...ROLE, accessKeyId: "AKIA1", secretAccessKey: "s" }).faults).toEqual({}));
  it("lists all its errors at once", () => {
    expect(faultsOf({ ...emptyCredential("aws_role"), accessKeyId: "ASIA1", roleArn: "arn:aws:iam::1:user/x", externalId: "!", region: "Frankfurt" })).toEqual([
      "externalId",
      "name",
      "region",
      "roleArn",
      "secretAccessKey",
      "sessionToken",
    ]);
  });
  it.each([
    [{ ...KEYS, name: " " }, "name"],
    [{ ...KEYS, name: "n".repeat(81) }, "name"],
    [{ ...KEYS, accessKeyId: "" }, "accessKeyId"],
    [{ ...KEYS, secretAccessKey: "s e" }, "secretAccessKey"],
    [{ ...ROLE, roleArn: "" }, "roleArn"],
    [{ ...ROLE, sessionToken: "t" }, "sessionToken"],
    [{ ...SSH, privateKey: "ssh-ed25519 AAAA me@here" }, "privateKey"],
    [{ ...SSH, privateKey: "" }, "privateKey"],
  ])("%# has one error", (form, field) => expect(faultsOf(form)).toEqual([field]));
});

it.each([
  ["/aws/secret_access_key", "secretAccessKey"],
  ["/ssh_key/passphrase", "passphrase"],
  ["/name", "name"],
  ["/something/new", null],
  [null, null],
])("an error at %j belongs to the field %j", (pointer, field) => expect(credentialFieldOf({ field: pointer, code: "invalid", message: "" })).toBe(field));
