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
    faults.accessKeyId = "Enter an access key, a role to assume, or both.";
  } else if (keys) {
    if (!has("accessKeyId")) faults.accessKeyId = "Access key ID is required.";
    else if (!/^\w{1,128}$/.test(form.accessKeyId.trim())) faults.accessKeyId = "Invalid access key ID: only letters and digits are allowed, e.g. AKIAIOSFODNN7EXAMPLE.";
    if (!has("secretAccessKey")) faults.secretAccessKey = "Secret access key is required.";
  }
  if (!keys && has("sessionToken")) faults.sessionToken = "A session token needs an access key.";
  if (form.accessKeyId.trim().startsWith("ASIA") && !has("sessionToken")) faults.sessionToken = "Temporary keys (ASIA…) need a session token.";
  for (const field of ["secretAccessKey", "sessionToken"] as const) {
    if (!/^[!-~]*$/.test(form[field].trim())) faults[field] = "Contains spaces or other invalid characters.";
  }
  if (has("roleArn") && !/^arn:aws[^:]*:iam::\d{12}:role\/[!-~]+$/.test(form.roleArn.trim())) faults.roleArn = "Invalid role ARN. Expected arn:aws:iam::ACCOUNT:role/NAME.";
  if (has("externalId") && !has("roleArn")) faults.externalId = "An external ID needs a role.";
  else if (has("externalId") && !/^[\w+=,.@:/-]{2,1224}$/.test(form.externalId.trim())) faults.externalId = "Must be 2 to 1224 letters, digits or _+=,.@:/-.";
  if (has("region") && !/^[a-z0-9-]{1,64}$/.test(form.region.trim())) faults.region = "Invalid region. Expected e.g. eu-central-1.";
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
