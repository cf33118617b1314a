import { describe, expect, it } from "vitest";
import type { Owned, Role } from "@/shared/api/types";
import { may, mayShareWithTeam, mayWrite, type Action, type Viewer } from "./rights";

const SHOP = { id: "t-1", name: "shop" };
const SEARCH = { id: "t-2", name: "search" };
const viewer = (role: Role, teams = [SHOP]): Viewer => ({ user: { id: "u-1", name: "Ann", role, teams } });
const thing = (owner: string, team: Owned["team"]): Owned => ({ owner: { id: owner, name: owner }, team });

describe("who may change an object", () => {
  it.each<[string, Viewer, Owned, boolean, boolean]>([
    ["nobody", null, thing("u-1", SHOP), false, false],
    ["an administrator", viewer("administrator", []), thing("u-2", null), true, true],
    ["its owner", viewer("member", []), thing("u-1", null), true, true],
    ["another member", viewer("member"), thing("u-2", null), false, false],
    ["a member of its team", viewer("member"), thing("u-2", SHOP), true, false],
    ["a member of another team", viewer("member"), thing("u-2", SEARCH), false, false],
    ["a viewer in its team", viewer("viewer"), thing("u-2", SHOP), false, false],
    ["a viewer who owned it before", viewer("viewer"), thing("u-1", null), false, false],
  ])("%s", (_who, who, owned, write, share) => {
    expect([mayWrite(who, owned), mayShareWithTeam(who, owned)]).toEqual([write, share]);
  });
});

describe("who may do what", () => {
  it.each<[Action, boolean, boolean, boolean]>([
    ["start_run", false, true, true],
    ["create_cluster", false, true, true],
    ["upload_plan", false, true, true],
    ["save_credentials", false, true, true],
    ["use_key_file", false, false, true],
    ["manage_orphans", false, false, true],
    ["manage_people", false, false, true],
    ["read_audit", false, false, true],
    ["read_server", false, false, true],
  ])("%s: viewer %s, member %s, administrator %s", (action, asViewer, asMember, asAdministrator) => {
    expect((["viewer", "member", "administrator"] as const).map((role) => may(viewer(role), action))).toEqual([asViewer, asMember, asAdministrator]);
    expect(may(null, action)).toBe(false);
  });
});
