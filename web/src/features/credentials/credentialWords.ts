import type { CredentialKind, CredentialView } from "@/shared/api/types";

export const KINDS: { value: CredentialKind; word: string; help: string }[] = [
  { value: "aws_keys", word: "AWS access key", help: "Of an IAM user, or temporary keys with their session token." },
  { value: "aws_role", word: "AWS role", help: "Assumed with an access key, or with the server’s own credentials where you may use them." },
  { value: "ssh_key", word: "SSH key", help: "For clusters on machines that you reach over SSH." },
];

export function kindWord(kind: CredentialKind): string {
  return KINDS.find((each) => each.value === kind)?.word ?? kind;
}

const SHOWN: Record<string, string> = {
  access_key_id: "Access key ID",
  role_arn: "Role",
  external_id: "External ID",
  session_token: "Session token",
  fingerprint: "Fingerprint",
  key_type: "Key type",
  account: "Account",
};

/** The state of a set as text; an unknown code is shown unchanged. */
export function shownPairs(credential: Pick<CredentialView, "shown" | "region">): [string, string][] {
  const pairs = Object.entries(credential.shown).map(([name, value]): [string, string] => [SHOWN[name] ?? name.replaceAll("_", " "), value]);
  return credential.region === null ? pairs : [...pairs, ["Default region", credential.region]];
}
