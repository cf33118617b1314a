/** Which properties are secret: the server masks those with a secret's name, and those that are marked. Pure. */

/** Parts of such names, without `-`, `_` and `.`; the same as in crates/jac-engine/src/runs/secrets.rs. */
const PARTS_OF_NAMES = ["password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "accesskey", "privatekey", "credential", "authorization", "bearer"];

/** What the server shows instead of a secret value, and never accepts as a value. */
export const MASK = "***";

/** The server masks its value whether it is marked or not. */
export function tellsASecret(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[-_.]/g, "");
  return PARTS_OF_NAMES.some((part) => plain.includes(part));
}

export function isSecret(name: string, marked: string[]): boolean {
  return tellsASecret(name) || marked.includes(name);
}

/** The marked names with this one marked or not. */
export function withSecret(marked: string[], name: string, on: boolean): string[] {
  const others = marked.filter((each) => each !== name);
  return on ? [...others, name] : others;
}
