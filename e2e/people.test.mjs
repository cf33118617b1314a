// Several users of one server: invitations and passwords, what a member and a viewer see of what others own, a team, and what
// happens to open pages when rights are revoked. `page` is an administrator's, `mia` a member's.
import { answerTo, choose, expect, look, rowsOf, test as common } from "./fixtures.mjs";
import { Session } from "./session.mjs";

const PASSWORD = "correct horse battery, of a test";
/** A password is hashed, which takes a while on a busy machine. */
const HASHED = { timeout: 60_000 };
let number = 0;
/** A name that no earlier test has used in this installation. */
const unique = (name) => `${name}-${Date.now().toString(36)}${(number += 1)}`;

const test = common.extend({
  /** A member who has signed in once: `id`, `name` and `session`. */
  member: async ({ admin }, use) => {
    const member = await admin.invite(unique("mia"), "member");
    await use({ ...member, session: await Session.open(admin.base, member.link) });
  },
  mia: async ({ open, member }, use) => use(await open({ storageState: member.session.state })),
  /** A plan of the administrator's. */
  plan: async ({ admin }, use) => use(await admin.upload(unique("shop"))),
});

const readOnly = (page) => page.locator(".page-title .chip-long");
const overview = (page) => page.getByRole("heading", { name: "Overview" });
const form = (page) => page.getByRole("form", { name: "Sign in" });
const title = (page, name) => page.getByRole("heading", { name, level: 1 });
const row = (page, name) => rowsOf(page, "people").filter({ hasText: name });

async function signIn(page, name, password) {
  await form(page).getByLabel("Name").fill(name);
  await form(page).getByLabel("Password").fill(password);
  await form(page).getByRole("button", { name: "Sign in" }).click();
}

test("an administrator's link leads to the overview, and a password is set later", async ({ admin, open }) => {
  const { name, link } = await admin.invite(unique("ada"), "administrator");
  const page = await open();
  await page.goto(link);
  await page.getByRole("button", { name: "Not now" }).click();
  await expect(overview(page)).toBeVisible();
  expect(new URL(page.url()).hash, "the link's token in the address").toBe("");
  await page.goto("/settings/account");
  await expect(page.getByRole("region", { name: "Account" })).toContainText(name);
  const change = page.getByRole("region", { name: "Change password" });
  await change.getByLabel("New password").fill(PASSWORD);
  await change.getByRole("button", { name: /password$/ }).click();
  await expect(change.getByRole("status").locator(".note-good")).toBeVisible(HASHED);
  await look(page);
  await page.getByRole("button", { name: "Sign out" }).click();
  expect(await answerTo(page, "/session/password", () => signIn(page, name, "wrong"))).toEqual([401, "sign_in_failed"]);
  await expect(form(page).getByRole("status")).toHaveText(/\S/);
  await look(page);
  await signIn(page, name, PASSWORD);
  await expect(page.getByRole("navigation", { name: "Pages" })).toBeVisible(HASHED);
});

test("a member is invited, with a link that is shown once", async ({ page }) => {
  const name = unique("mia");
  await page.goto("/settings/people");
  await page.getByRole("button", { name: "Invite" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", { name: "Invite" }).click();
  const link = await page.getByLabel("Sign-in link").innerText();
  expect(link).toMatch(/\/sign-in#token=/);
  await look(page);
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await expect(row(page, name)).toBeVisible();
  expect(await page.content(), "the page without the link").not.toContain(link);
});

test("an invitation works once, and a password is chosen", async ({ admin, open }) => {
  const { link } = await admin.invite(unique("mia"), "member");
  const mia = await open();
  await mia.goto(link);
  const choice = mia.getByRole("form", { name: "Password" });
  await choice.getByLabel("New password").fill("12345678");
  await choice.getByRole("button", { name: "Set password" }).click();
  await expect(choice.locator(".field-fault")).toBeVisible();
  await look(mia);
  await choice.getByLabel("New password").fill(PASSWORD);
  await choice.getByRole("button", { name: "Set password" }).click();
  await expect(overview(mia)).toBeVisible(HASHED);
  expect(new URL(mia.url()).hash).toBe("");
  const second = await open();
  await second.goto(link);
  await expect(title(second, "Sign-in link invalid or expired")).toBeVisible();
});

test("a member signs out on all pages, and in again with name and password", async ({ member, mia }) => {
  await member.session.call("PUT", "/account/password", { password: PASSWORD });
  const other = await mia.context().newPage();
  await other.goto("/runs");
  await expect(title(other, "Runs")).toBeVisible();
  await mia.goto("/");
  await mia.getByRole("link", { name: "Plans" }).first().click();
  await expect(title(mia, "Plans")).toBeVisible();
  await mia.getByRole("button", { name: "Sign out" }).click();
  for (const page of [mia, other]) await expect(form(page)).toBeVisible();
  await mia.goBack();
  await expect(form(mia)).toBeVisible();
  expect(new URL(mia.url()).pathname).toBe("/sign-in");
  expect(await mia.evaluate(() => localStorage.getItem("jac.page"))).toBe(null);
  await mia.goto("/plans");
  await signIn(mia, member.name, PASSWORD);
  await expect(title(mia, "Plans")).toBeVisible(HASHED);
});

test("what others own has the same pages for a member, without actions", async ({ mia, plan }) => {
  await mia.goto("/plans");
  const rows = rowsOf(mia, "plans").filter({ hasText: plan.name });
  await expect(rows).toBeVisible();
  await mia.getByRole("button", { name: "Mine" }).click();
  await expect(rows).toHaveCount(0);
  await expect(mia).toHaveURL(/whose=mine/);
  await mia.goto(`/plans/${plan.id}`);
  await expect(readOnly(mia)).toContainText(plan.owner.name);
  // A copy belongs to the user who makes it.
  await mia.getByRole("button", { name: "More about this plan" }).click();
  await expect(mia.getByRole("menuitem")).toHaveText([/^Duplicate/]);
  await mia.keyboard.press("Escape");
  await expect(mia.getByRole("button", { name: "Remove users.csv" })).toHaveCount(0);
  await expect(mia.locator("[data-upload=files]")).toHaveCount(0);
  await look(mia);
  await mia.goto("/settings/people");
  await expect(mia.locator(".empty")).toBeVisible();
  await expect(rowsOf(mia, "people")).toHaveCount(0);
});

test("the server rejects what the page does not offer", async ({ member, plan }) => {
  await expect(member.session.call("DELETE", `/plans/${plan.id}`)).rejects.toThrow(/: 403 .*"not_owner"/);
});

test("the owner of a plan has its actions", async ({ page, plan }) => {
  await page.goto(`/plans/${plan.id}`);
  await expect(page.getByRole("button", { name: "Remove users.csv" })).toBeVisible();
  await expect(page.locator("[data-upload=files]")).toHaveCount(1);
  await expect(readOnly(page)).toHaveCount(0);
});

test("team members may change what is shared with the team", async ({ page, member, mia, plan }) => {
  const team = unique("load");
  await page.goto("/settings/teams");
  await page.getByRole("button", { name: "New team" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(team);
  await dialog.getByLabel(member.name, { exact: true }).check();
  await dialog.getByRole("button", { name: "Create team" }).click();
  await expect(rowsOf(page, "teams").filter({ hasText: team })).toBeVisible();
  await page.goto(`/plans/${plan.id}`);
  await choose(page, /^Shared with/, `Share with team ${team}`);
  await expect(page.getByRole("button", { name: `Shared with: team ${team}` })).toBeVisible();
  await mia.goto(`/plans/${plan.id}`);
  await expect(mia.getByRole("button", { name: "Remove users.csv" })).toBeVisible();
  await expect(readOnly(mia)).toHaveCount(0);
  await look(mia);
});

test("a member who becomes a viewer can no longer start anything, even on an open page", async ({ page, member, mia }) => {
  await mia.goto("/clusters");
  const create = mia.getByRole("button", { name: "New cluster" });
  await expect(create.first()).toBeVisible();
  await page.goto("/settings/people");
  const dialog = await choose(page, `More about ${member.name}`, "Role and teams");
  await dialog.getByLabel("Viewer").check();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(create).toHaveCount(0);
  await expect(title(mia, "Clusters")).toBeVisible();
  await look(mia);
});

test("a disabled user is signed out at once, with the reason, and it is in the audit trail", async ({ admin, page, member, mia }) => {
  await member.session.call("PUT", "/account/password", { password: PASSWORD });
  await mia.goto("/");
  await expect(overview(mia)).toBeVisible();
  await page.goto("/settings/people");
  const dialog = await choose(page, `More about ${member.name}`, "Disable");
  await dialog.getByRole("button", { name: "Disable" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(title(mia, "You have been signed out")).toBeVisible();
  await expect(mia.getByText(/disabled/)).toBeVisible();
  await look(mia);
  expect(await answerTo(mia, "/session/password", () => signIn(mia, member.name, PASSWORD))).toEqual([401, "sign_in_failed"]);
  const { items } = await admin.get(`/audit?text=${member.name}`);
  expect(items.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual(expect.arrayContaining(["person.create done", "person.change done", "session.create refused"]));
  await page.goto(`/settings/audit?text=${member.name}`);
  await expect(rowsOf(page, "audit")).toHaveCount(items.length);
  await look(page);
});

test("the integrations page is empty at first", async ({ page }) => {
  await page.goto("/settings/integrations");
  await expect(page.locator(".empty")).toBeVisible();
  await look(page);
});

test("a member is removed, and what they own becomes the administrator's", async ({ admin, page, member }) => {
  const plan = await member.session.upload();
  await page.goto("/settings/people");
  const dialog = await choose(page, `More about ${member.name}`, "Remove");
  await dialog.getByRole("button", { name: "Remove" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(row(page, member.name)).toHaveCount(0);
  expect((await admin.get(`/plans/${plan.id}`)).owner).toEqual((({ id, name }) => ({ id, name }))((await admin.get("/session")).user));
  await page.goto(`/plans/${plan.id}`);
  await expect(page.getByRole("button", { name: "Remove users.csv" })).toBeVisible();
});
