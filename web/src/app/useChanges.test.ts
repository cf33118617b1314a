import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { keys } from "@/shared/api/keys";
import { afterSignOut } from "./useChanges";

beforeEach(() => void vi.stubGlobal("localStorage", { getItem: () => null }));

const answer = (status: number, body: unknown) => vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } })));
afterEach(() => vi.unstubAllGlobals());

it("an ended session leads to the sign-in page, which shows the reason", async () => {
  answer(401, { error: { code: "signed_out", message: "", hint: null, faults: [] } });
  const client = new QueryClient();
  await afterSignOut(client, "disabled");
  expect(client.getQueryData(keys.session)).toBeNull();
  expect(client.getQueryData(keys.signedOut)).toBe("disabled");
});

it("a session whose role has changed continues with its new rights", async () => {
  answer(200, { user: { id: "u-1", name: "Ann", role: "viewer", teams: [] } });
  const client = new QueryClient();
  client.setQueryData(keys.session, { user: { id: "u-1", name: "Ann", role: "member", teams: [] } });
  await afterSignOut(client, "rights_changed");
  expect(client.getQueryData(keys.session)).toMatchObject({ user: { role: "viewer" } });
  expect(client.getQueryData(keys.signedOut)).toBeUndefined();
});
