/**
 * A user's rights, as far as the page needs them to show actions. Pure; the server decides. Has no texts and sends no requests.
 */
import type { Owned, Role, Session } from "@/shared/api/types";

/** Actions without an existing owned object, or on the whole installation. */
export type Action = "start_run" | "create_cluster" | "upload_plan" | "save_credentials" | "use_key_file" | "manage_orphans" | "manage_people" | "manage_integrations" | "read_audit" | "read_server";

/** A viewer starts nothing and spends nothing; installation-wide settings are for administrators. */
const ALLOWED: Record<Action, readonly Role[]> = {
  start_run: ["member", "administrator"],
  create_cluster: ["member", "administrator"],
  upload_plan: ["member", "administrator"],
  save_credentials: ["member", "administrator"],
  use_key_file: ["administrator"],
  manage_orphans: ["administrator"],
  manage_people: ["administrator"],
  manage_integrations: ["administrator"],
  read_audit: ["administrator"],
  read_server: ["administrator"],
};

/** null: nobody is signed in. */
export type Viewer = Pick<Session, "user"> | null;

export function may(viewer: Viewer, action: Action): boolean {
  return viewer !== null && ALLOWED[action].includes(viewer.user.role);
}

export function mayWrite(viewer: Viewer, { owner, team }: Owned): boolean {
  if (viewer === null || viewer.user.role === "viewer") return false;
  if (viewer.user.role === "administrator" || viewer.user.id === owner.id) return true;
  return team !== null && viewer.user.teams.some(({ id }) => id === team.id);
}

/** Only the owner and administrators may change the team that it is shared with. */
export function mayShareWithTeam(viewer: Viewer, { owner }: Pick<Owned, "owner">): boolean {
  if (viewer === null || viewer.user.role === "viewer") return false;
  return viewer.user.role === "administrator" || viewer.user.id === owner.id;
}
