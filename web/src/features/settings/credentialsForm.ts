/** AWS credentials as they are typed, and what is wrong with them: all faults at once. Pure; the rules are those of the server. */
import type { NewAwsCredentials } from "@/shared/api/types";

export interface CredentialsForm {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  roleArn: string;
  externalId: string;
  region: string;
}

export type CredentialsFaults = Partial<Record<keyof CredentialsForm, string>>;

/** Nothing of what is saved is in it: its secrets are not known here, and a half of the old with a half of the new would be neither. */
export const EMPTY: CredentialsForm = { accessKeyId: "", secretAccessKey: "", sessionToken: "", roleArn: "", externalId: "", region: "" };

export interface CheckedCredentials {
  /** null while there are faults. */
  request: NewAwsCredentials | null;
  faults: CredentialsFaults;
}

export function checkCredentials(form: CredentialsForm): CheckedCredentials {
  const faults: CredentialsFaults = {};
  const has = (field: keyof CredentialsForm) => form[field].trim() !== "";
  const keys = has("accessKeyId") || has("secretAccessKey");
  if (!keys && !has("roleArn")) {
    faults.accessKeyId = "Give an access key, a role to assume, or both.";
  } else if (keys) {
    if (!has("accessKeyId")) faults.accessKeyId = "The access key id is missing.";
    else if (!/^\w{1,128}$/.test(form.accessKeyId.trim())) faults.accessKeyId = "This is no access key id: it has letters and digits only, such as AKIAIOSFODNN7EXAMPLE.";
    if (!has("secretAccessKey")) faults.secretAccessKey = "The secret access key is missing.";
  }
  if (!keys && has("sessionToken")) faults.sessionToken = "A session token goes with an access key.";
  if (form.accessKeyId.trim().startsWith("ASIA") && !has("sessionToken")) faults.sessionToken = "A key that begins with ASIA works only with its session token.";
  for (const field of ["secretAccessKey", "sessionToken"] as const) {
    if (!/^[!-~]*$/.test(form[field].trim())) faults[field] = "There is a space or another unusual letter in it.";
  }
  if (has("roleArn") && !/^arn:aws[^:]*:iam::\d{12}:role\/[!-~]+$/.test(form.roleArn.trim())) faults.roleArn = "This is no ARN of a role: give it as arn:aws:iam::123456789012:role/name.";
  if (has("externalId") && !has("roleArn")) faults.externalId = "An external id goes with a role.";
  else if (has("externalId") && !/^[\w+=,.@:/-]{2,1224}$/.test(form.externalId.trim())) faults.externalId = "It has 2 to 1224 letters, digits and _+=,.@:/- only.";
  if (has("region") && !/^[a-z0-9-]{1,64}$/.test(form.region.trim())) faults.region = "This is no region: give one such as eu-central-1.";
  if (Object.keys(faults).length > 0) return { request: null, faults };
  const given = (field: keyof CredentialsForm) => (has(field) ? form[field].trim() : null);
  return {
    faults,
    request: {
      access_key_id: given("accessKeyId"),
      secret_access_key: given("secretAccessKey"),
      session_token: given("sessionToken"),
      role_arn: given("roleArn"),
      external_id: given("externalId"),
      region: given("region"),
    },
  };
}

/** What the server's sentences are about, the narrower first. */
const ABOUT: [RegExp, keyof CredentialsForm][] = [
  [/session token/i, "sessionToken"],
  [/secret access key/i, "secretAccessKey"],
  [/access key/i, "accessKeyId"],
  [/external id/i, "externalId"],
  [/\brole\b/i, "roleArn"],
  [/\bregion\b/i, "region"],
];

/** Puts the server's faults beside the fields they are about. */
export function placeRefusals(details: string[]): { beside: CredentialsFaults; rest: string[] } {
  const beside: CredentialsFaults = {};
  const rest: string[] = [];
  for (const sentence of details) {
    const field = ABOUT.find(([pattern]) => pattern.test(sentence))?.[1];
    if (field === undefined) rest.push(sentence);
    else beside[field] = beside[field] === undefined ? sentence : `${beside[field]} ${sentence}`;
  }
  return { beside, rest };
}
