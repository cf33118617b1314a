/** Texts about a failed sign-in or an ended session, by code; for unknown codes the server's own sentence. */
import { ApiError } from "@/shared/api/client";

const ASK = "Ask an administrator.";
/** `company`: the configured name of single sign-on. */
const COMPANY: Record<string, (name: string) => string> = {
  sign_in_failed: () => `Your account has no access to JAC, or it is disabled. ${ASK}`,
  sign_in_delayed: () => "Too many sign-ins failed. Wait a minute and try again.",
  company_unavailable: (name) => `${name} does not answer. Try again in a minute; if it keeps failing, ask an administrator.`,
  company_clock: (name) => `The clocks of ${name} and of this server differ too much to sign you in. Ask an administrator to correct them.`,
  company_refused: (name) => `${name} refused the sign-in. Try again; if you did not cancel it yourself, ask an administrator.`,
  company_invalid: (name) => `The answer of ${name} is not valid, so you were not signed in. ${ASK}`,
  company_expired: () => "The sign-in took too long, was used already, or was started in another browser. Sign in again.",
  company_no_role: () => "None of your groups has access to JAC. Ask an administrator to add you to one.",
  name_taken: () => `Somebody else has an account here under your name. ${ASK}`,
  sessions_unavailable: () => SESSIONS_AWAY,
};

/** The session store is unavailable; everything else works. */
const SESSIONS_AWAY = "Signing in is not possible right now: the server cannot reach its session store. Runs continue. Try again in a minute.";

/** The text for a code that single sign-on returns. */
export function companyFault(code: string, name: string): string {
  return COMPANY[code]?.(name) ?? `${name} did not sign you in. Try again; if it keeps failing, ask an administrator.`;
}

/** The text for the error of a request before the redirect to the provider; null for other codes. */
export function companyRefusal(error: Error, name: string): string | null {
  return error instanceof ApiError ? (COMPANY[error.code]?.(name) ?? null) : null;
}

const ENDED: Record<string, string> = {
  session_expired: "Your session has expired.",
  session_revoked: "Your session was ended from another page.",
  password_changed: "Your password was changed.",
  disabled: "Your account is disabled. Ask an administrator.",
  removed: "Your account was removed. Ask an administrator.",
};

/** After these another sign-in fails too. */
const SIGNS_IN_NO_MORE = new Set(["disabled", "removed"]);

export function endedWords(code: string): string {
  const words = ENDED[code] ?? "Your session has expired, was ended, or your account has changed.";
  return SIGNS_IN_NO_MORE.has(code) ? words : `${words} Sign in again to continue.`;
}

export function passwordSignInFault(error: Error): string | null {
  if (!(error instanceof ApiError)) return null;
  if (error.code === "sign_in_failed") return "Wrong name or password, or the account is disabled.";
  return null;
}

/** The text while the server's session store is unavailable; null for other errors. */
export function sessionsFault(error: Error): string | null {
  return error instanceof ApiError && error.code === "sessions_unavailable" ? SESSIONS_AWAY : null;
}

/** A link that was already used, has expired, or is incomplete. */
export function isDeadLink(error: Error): boolean {
  return error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429;
}
