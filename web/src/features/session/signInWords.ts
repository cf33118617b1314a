/** What is said of a sign-in that failed or a session that ended, by its code; the server's own words stand where a code is new. */
import { ApiError } from "@/shared/api/client";

const COMPANY: Record<string, string> = {
  sign_in_failed: "Your account has no access to JAC, or it is disabled. Ask an administrator.",
  forbidden: "Your account has no access to JAC. Ask an administrator.",
  sessions_unavailable: "JAC cannot keep sign-ins at the moment. Try again in a minute.",
  sign_in_delayed: "Too many sign-ins failed. Wait a minute and try again.",
};

export function companyFault(code: string, name: string): string {
  return COMPANY[code] ?? `${name} did not sign you in. Try again; if it keeps failing, ask an administrator.`;
}

const ENDED: Record<string, string> = {
  session_expired: "Your session has expired.",
  session_revoked: "Your session was ended from another page.",
  password_changed: "Your password was changed.",
  disabled: "Your account is disabled. Ask an administrator.",
  removed: "Your account was removed. Ask an administrator.",
};

export function endedWords(code: string): string {
  return ENDED[code] ?? "Your session has expired, was ended, or your account has changed.";
}

export function passwordSignInFault(error: Error): string | null {
  if (!(error instanceof ApiError)) return null;
  if (error.code === "sign_in_failed") return "Wrong name or password, or the account is disabled.";
  return null;
}

/** A link that is used up, too old, or not whole. */
export function isDeadLink(error: Error): boolean {
  return error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429;
}
