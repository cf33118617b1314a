/**
 * The page's half of a session. The cookie goes to every port of the host, also to the tested application's; this is kept where
 * only pages of JAC's own origin can read it, and sent along with every request.
 */
const KEY = "jac.page";

export function pageSecret(): string {
  return localStorage.getItem(KEY) ?? "";
}

export function keepPageSecret(secret: string): void {
  localStorage.setItem(KEY, secret);
}

export function forgetPageSecret(): void {
  localStorage.removeItem(KEY);
}
