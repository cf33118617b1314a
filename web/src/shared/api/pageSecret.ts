/**
 * The page's half of a session. The cookie is sent to every port of the host, also to the system under test; this half is stored where
 * only pages of JAC's own origin can read it, and sent with every request.
 */
export const PAGE_SECRET_KEY = "jac.page";

export function pageSecret(): string {
  return localStorage.getItem(PAGE_SECRET_KEY) ?? "";
}

export function keepPageSecret(secret: string): void {
  localStorage.setItem(PAGE_SECRET_KEY, secret);
}

export function forgetPageSecret(): void {
  localStorage.removeItem(PAGE_SECRET_KEY);
}
