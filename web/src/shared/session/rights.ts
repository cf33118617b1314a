/**
 * What a person may do, as far as the page has to know: which actions it shows. Pure; the server decides. Owns no words and asks nobody.
 */
import type { Owned, Role, Session } from "@/shared/api/types";

/** Things that are done to no thing that has an owner yet, or to the whole installation. */
export type Action = "start_run" | "create_cluster" | "upload_plan" | "save_credentials" | "use_key_file" | "manage_orphans" | "manage_people" | "manage_integrations" | "read_audit" | "read_server";

/** A viewer starts nothing and spends nothing; what is the installation's is the administrators'. */
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

/** Whose it is decides with whom it is shared: the owner's and the administrators' to say. */
export function mayShareWithTeam(viewer: Viewer, { owner }: Pick<Owned, "owner">): boolean {
  if (viewer === null || viewer.user.role === "viewer") return false;
  return viewer.user.role === "administrator" || viewer.user.id === owner.id;
}
