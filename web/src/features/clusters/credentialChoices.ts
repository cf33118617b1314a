/** Which credentials a new cluster can use, and which are preselected. Pure. */
import type { CredentialView, EnvironmentCredentials } from "@/shared/api/types";

export const ENVIRONMENT = "environment";
/** The owner's only set, as a configuration refers to it. */
const ONLY = "saved";
/** A key file on the server, instead of a saved SSH key. */
export const KEY_FILE = "file";

export interface CredentialChoice {
  /** A set's ID, `environment` or `file`. */
  value: string;
  word: string;
  disabled?: boolean;
}

/** The user's own AWS sets, and the server's if permitted. */
export function awsChoices(sets: CredentialView[], environment: EnvironmentCredentials, me: string): CredentialChoice[] {
  const own = sets
    .filter(({ kind, owner }) => kind !== "ssh_key" && owner.id === me)
    .map(({ id, name, fault, identity }): CredentialChoice => ({ value: id, word: [name, identity, fault === null ? null : "test failed"].filter((part) => part !== null).join(", ") }));
  if (!environment.allowed) return own;
  return [...own, { value: ENVIRONMENT, word: environment.available ? "the server’s own" : "the server’s own (none found)", disabled: !environment.available }];
}

/** The user's own SSH keys, and for administrators a file on the server. */
export function keyChoices(sets: CredentialView[], me: string, mayUseFiles: boolean): CredentialChoice[] {
  const own = sets
    .filter(({ kind, owner }) => kind === "ssh_key" && owner.id === me)
    .map(({ id, name, shown }): CredentialChoice => ({ value: id, word: [name, shown["fingerprint"]].filter((part) => part !== undefined).join(", ") }));
  return mayUseFiles ? [...own, { value: KEY_FILE, word: "a key file on the server" }] : own;
}

/**
 * The effective choice: the selected one, if it still exists; otherwise the only one; otherwise none (empty),
 * and the user has to choose. When another user's cluster is copied, their set does not exist among the user's own.
 */
export function chosenOf(chosen: string, choices: CredentialChoice[]): string {
  const possible = choices.filter(({ disabled }) => disabled !== true);
  if (chosen !== ONLY && possible.some(({ value }) => value === chosen)) return chosen;
  const sets = possible.filter(({ value }) => value !== ENVIRONMENT && value !== KEY_FILE);
  const [only, ...others] = sets.length > 0 ? sets : possible;
  return only !== undefined && others.length === 0 ? only.value : "";
}
