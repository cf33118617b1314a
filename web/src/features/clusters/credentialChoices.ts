/** Which credentials a new cluster can be made with, and which are taken where the form leaves it open. Pure. */
import type { CredentialView, EnvironmentCredentials } from "@/shared/api/types";

export const ENVIRONMENT = "environment";
/** The owner's only set, as a configuration says it. */
const ONLY = "saved";
/** A key file of the server, in place of a saved SSH key. */
export const KEY_FILE = "file";

export interface CredentialChoice {
  /** A set's id, `environment` or `file`. */
  value: string;
  word: string;
  disabled?: boolean;
}

/** One's own AWS sets, and the server's where they are allowed. */
export function awsChoices(sets: CredentialView[], environment: EnvironmentCredentials, me: string): CredentialChoice[] {
  const own = sets
    .filter(({ kind, owner }) => kind !== "ssh_key" && owner.id === me)
    .map(({ id, name, fault, identity }): CredentialChoice => ({ value: id, word: [name, identity, fault === null ? null : "test failed"].filter((part) => part !== null).join(", ") }));
  if (!environment.allowed) return own;
  return [...own, { value: ENVIRONMENT, word: environment.available ? "the server’s own" : "the server’s own (none found)", disabled: !environment.available }];
}

/** One's own SSH keys, and for administrators a file on the server. */
export function keyChoices(sets: CredentialView[], me: string, mayUseFiles: boolean): CredentialChoice[] {
  const own = sets
    .filter(({ kind, owner }) => kind === "ssh_key" && owner.id === me)
    .map(({ id, name, shown }): CredentialChoice => ({ value: id, word: [name, shown["fingerprint"]].filter((part) => part !== undefined).join(", ") }));
  return mayUseFiles ? [...own, { value: KEY_FILE, word: "a key file on the server" }] : own;
}

/**
 * The choice that the form comes to: what was chosen, as long as there is such a one; else the only one that there is; else none (empty),
 * and the person has to choose. Somebody else's set, in the configuration of a cluster to make another one of, is none of one's own.
 */
export function chosenOf(chosen: string, choices: CredentialChoice[]): string {
  const possible = choices.filter(({ disabled }) => disabled !== true);
  if (chosen !== ONLY && possible.some(({ value }) => value === chosen)) return chosen;
  const sets = possible.filter(({ value }) => value !== ENVIRONMENT && value !== KEY_FILE);
  const [only, ...others] = sets.length > 0 ? sets : possible;
  return only !== undefined && others.length === 0 ? only.value : "";
}
