/** The form of a set of credentials, and its errors: all at once. Pure; the rules are those of the server. */
import type { CredentialKind, NewAws, NewCredential } from "@/shared/api/types";
import { fieldsAt, type Checked, type FieldFaults } from "@/shared/forms/useCheckedForm";

export interface CredentialForm {
  kind: CredentialKind;
  name: string;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  roleArn: string;
  externalId: string;
  region: string;
  privateKey: string;
  passphrase: string;
}

type CredentialField = Exclude<keyof CredentialForm, "kind">;
type CredentialFaults = FieldFaults<CredentialForm>;

/** It starts empty even for a saved set: its secrets are unknown here, and half of an old pair with half of a new one would be invalid. */
export function emptyCredential(kind: CredentialKind, name = ""): CredentialForm {
  return { kind, name, accessKeyId: "", secretAccessKey: "", sessionToken: "", roleArn: "", externalId: "", region: "", privateKey: "", passphrase: "" };
}

export function checkCredential(form: CredentialForm): Checked<CredentialForm, NewCredential> {
  const faults: CredentialFaults = {};
  const name = form.name.trim();
  if (name === "") faults.name = "Name is required.";
  else if (name.length > 80) faults.name = "Must be at most 80 characters.";
  const part: Omit<NewCredential, "name"> = form.kind === "ssh_key" ? { ssh_key: checkKey(form, faults) } : { aws: checkAws(form, faults) };
  return { faults, request: Object.keys(faults).length > 0 ? null : { name, ...part } };
}

function checkKey(form: CredentialForm, faults: CredentialFaults): NonNullable<NewCredential["ssh_key"]> {
  const key = form.privateKey.trim();
  if (key === "") faults.privateKey = "Private key is required.";
  else if (!key.includes("PRIVATE KEY-----")) faults.privateKey = "Not a private key. It starts with -----BEGIN OPENSSH PRIVATE KEY-----.";
  // A key file ends with a line break, which OpenSSH's format requires.
  return { private_key: `${key}\n`, ...(form.passphrase === "" ? {} : { passphrase: form.passphrase }) };
}

function checkAws(form: CredentialForm, faults: CredentialFaults): NewAws {
  const value = (field: CredentialField) => form[field].trim();
  const given = (field: CredentialField) => (value(field) === "" ? null : value(field));
  const role = form.kind === "aws_role";
  const keys = value("accessKeyId") !== "" || value("secretAccessKey") !== "";
  if (keys || !role) {
    if (value("accessKeyId") === "") faults.accessKeyId = "Access key ID is required.";
    else if (!/^\w{1,128}$/.test(value("accessKeyId"))) faults.accessKeyId = "Invalid access key ID: only letters and digits are allowed, e.g. AKIAIOSFODNN7EXAMPLE.";
    if (value("secretAccessKey") === "") faults.secretAccessKey = "Secret access key is required.";
  }
  if (!keys && role && value("sessionToken") !== "") faults.sessionToken = "A session token needs an access key.";
  if (value("accessKeyId").startsWith("ASIA") && value("sessionToken") === "") faults.sessionToken = "Temporary keys (ASIA…) need a session token.";
  for (const field of ["secretAccessKey", "sessionToken"] as const) {
    if (!/^[!-~]*$/.test(value(field))) faults[field] = "Contains spaces or other invalid characters.";
  }
  if (role) {
    if (value("roleArn") === "") faults.roleArn = "Role ARN is required.";
    else if (!/^arn:aws[^:]*:iam::\d{12}:role\/[!-~]+$/.test(value("roleArn"))) faults.roleArn = "Invalid role ARN. Expected arn:aws:iam::ACCOUNT:role/NAME.";
    if (value("externalId") !== "" && !/^[\w+=,.@:/-]{2,1224}$/.test(value("externalId"))) faults.externalId = "Must be 2 to 1224 letters, digits or _+=,.@:/-.";
  }
  if (value("region") !== "" && !/^[a-z0-9-]{1,64}$/.test(value("region"))) faults.region = "Invalid region. Expected e.g. eu-central-1.";
  return {
    access_key_id: given("accessKeyId"),
    secret_access_key: given("secretAccessKey"),
    session_token: given("sessionToken"),
    role_arn: role ? given("roleArn") : null,
    external_id: role ? given("externalId") : null,
    region: given("region"),
  };
}

/** The fields that the server's errors are about. */
export const credentialFieldOf = fieldsAt<CredentialForm>({
  "/name": "name",
  "/aws/access_key_id": "accessKeyId",
  "/aws/secret_access_key": "secretAccessKey",
  "/aws/session_token": "sessionToken",
  "/aws/role_arn": "roleArn",
  "/aws/external_id": "externalId",
  "/aws/region": "region",
  "/ssh_key/private_key": "privateKey",
  "/ssh_key/passphrase": "passphrase",
});
