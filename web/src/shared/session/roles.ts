import type { Role } from "@/shared/api/types";

/** The names of the roles, the most common one first. */
export const ROLES: { role: Role; word: string; help: string }[] = [
  { role: "member", word: "Member", help: "Creates clusters, uploads plans and starts runs; reads what others own." },
  { role: "viewer", word: "Viewer", help: "Reads everything; cannot start runs or create clusters." },
  { role: "administrator", word: "Administrator", help: "May change everything, and manages people, teams and the server." },
];

export function roleWord(role: Role): string {
  return ROLES.find((each) => each.role === role)?.word ?? role;
}
