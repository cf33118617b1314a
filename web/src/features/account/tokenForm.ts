/** The form of a new token, and its errors. Pure. */
import type { NewToken, Role, TokenScope } from "@/shared/api/types";
import { fieldsAt, type Checked } from "@/shared/forms/useCheckedForm";

export const SCOPES: { scope: TokenScope; word: string; help: string }[] = [
  { scope: "read", word: "Read", help: "Reads runs, reports and lists; changes nothing." },
  { scope: "run", word: "Start runs", help: "Reads, uploads plans, starts and stops runs: for CI." },
  { scope: "all", word: "Full access", help: "All your permissions." },
];

export const EXPIRIES: { days: TokenForm["days"]; word: string }[] = [
  { days: "7", word: "7 days" },
  { days: "30", word: "30 days" },
  { days: "90", word: "90 days" },
  { days: "365", word: "1 year" },
  { days: "never", word: "Never" },
];

export interface TokenForm {
  name: string;
  scope: TokenScope;
  /** A number, as its option has it. */
  days: "7" | "30" | "90" | "365" | "never";
}

/** A viewer's token can do no more than a viewer. */
export function scopesFor(role: Role): TokenScope[] {
  return role === "viewer" ? ["read"] : ["read", "run", "all"];
}

export function emptyToken(role: Role): TokenForm {
  return { name: "", scope: role === "viewer" ? "read" : "run", days: "90" };
}

export function checkToken(form: TokenForm): Checked<TokenForm, NewToken> {
  const name = form.name.trim();
  if (name === "") return { request: null, faults: { name: "Name is required." } };
  if (name.length > 80) return { request: null, faults: { name: "Must be at most 80 characters." } };
  return { request: { name, scope: form.scope, expires_days: form.days === "never" ? null : Number(form.days) }, faults: {} };
}

export const tokenFieldOf = fieldsAt<TokenForm>({ "/name": "name" }, { name_taken: "name" });
