// Several users of one server, in real browsers: from the administrator's invitation to the first sign-in with a password, what a member and a
// viewer see of what others own, a team, and what happens to open pages when rights are revoked.
//
//   JAC_E2E_URL      the server's address, e.g. http://127.0.0.1:8080
//   JAC_E2E_LINK     an unused sign-in link of the administrator (`jac admin link`)
//   CHROMIUM         the browser, if it is in an unusual place
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { look } from "./accessible.mjs";
import { launch, openPage } from "./browser.mjs";
import { stepsOn } from "./steps.mjs";

const base = process.env.JAC_E2E_URL?.replace(/\/$/, "");
const link = process.env.JAC_E2E_LINK;
const shop = (name) => fileURLToPath(new URL(`../examples/shop/${name}`, import.meta.url));
// Users of an earlier test may still exist in this installation with the same names.
const unique = Date.now().toString(36);
const MIA = `mia-${unique}`;
const TEAM = `load-${unique}`;
const PLAN = `shop-${unique}`;
const PASSWORD = `correct horse ${unique} battery`;
const ADMINISTRATORS = `staple ${unique} administrator`;

let browser;
let page;
let mia;
/** The browser with mia's page. */
let hers;
let faults;
let herFaults;

before(async () => {
  assert.ok(base && link, "Set JAC_E2E_URL and JAC_E2E_LINK: where the server is, and an unused sign-in link of the administrator.");
  browser = await launch();
  ({ page, faults } = await openPage(browser));
  ({ context: hers, page: mia, faults: herFaults } = await openPage(browser));
});

after(async () => {
  await browser?.close();
});

const step = stepsOn(() => page, "people-failed");

const readOnly = (where) => where.getByText(/^Read only: /);
const overview = (where) => where.getByRole("heading", { name: "Overview" });
const signIn = async (where, name, password) => {
  const form = where.getByRole("form", { name: "Sign in" });
  await form.getByLabel("Name").fill(name);
  await form.getByLabel("Password").fill(password);
  await form.getByRole("button", { name: "Sign in" }).click();
};
/** An entry of the menu of a row in the settings. */
const choose = async (name, item) => {
  await page.getByRole("button", { name: `More about ${name}` }).click();
  await page.getByRole("menuitem", { name: item }).click();
  return page.getByRole("dialog");
};

let administrator;
step("the first administrator's link leads to the overview, and a password is set later", async () => {
  await page.goto(link);
  await overview(page).or(page.getByRole("button", { name: "Not now" })).first().waitFor();
  // If other users have accounts already, a password is offered at once.
  if (await page.getByRole("button", { name: "Not now" }).isVisible()) await page.getByRole("button", { name: "Not now" }).click();
  await overview(page).waitFor();
  assert.equal(new URL(page.url()).hash, "", "the link's token is still in the address");
  await page.goto(`${base}/settings/account`);
  administrator = (await page.getByRole("region", { name: "Account" }).locator("li", { hasText: "Name" }).first().locator(".pair-value").innerText()).trim();
  const form = page.getByRole("region", { name: "Change password" });
  await form.getByLabel("New password").fill(ADMINISTRATORS);
  await form.getByRole("button", { name: /password$/ }).click();
  await form.getByText("Password saved.").waitFor();
  await look(page, "people-account");
});

step("the administrator signs out, gets an error for a wrong password, and signs in again", async () => {
  await page.getByRole("button", { name: "Sign out" }).click();
  await signIn(page, administrator, "wrong");
  await page.getByText(/^Wrong name or password/).waitFor();
  await look(page, "people-wrong-password");
  await signIn(page, administrator, ADMINISTRATORS);
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
});

let planUrl;
step("the administrator owns a plan", async () => {
  await page.goto(`${base}/settings/account`);
  await page.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Plans" }).click();
  await page.getByRole("heading", { name: "Plans", level: 1 }).waitFor();
  await page.setInputFiles("[data-upload=files]", [
    { name: `${PLAN}.jmx`, mimeType: "application/xml", buffer: readFileSync(shop("shop.jmx")) },
    { name: "users.csv", mimeType: "text/csv", buffer: readFileSync(shop("users.csv")) },
  ]);
  await page.waitForURL(/\/plans\/[^/]+$/, { timeout: 30_000 });
  planUrl = page.url();
  await page.getByRole("button", { name: "More about this plan" }).waitFor();
  assert.equal(await readOnly(page).count(), 0);
});

let invitation;
step("a member is invited, with a link that is shown once", async () => {
  await page.goto(`${base}/settings/people`);
  await page.getByRole("button", { name: "Invite" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(MIA);
  await dialog.getByRole("button", { name: "Invite" }).click();
  invitation = await page.getByLabel("Sign-in link").innerText();
  assert.match(invitation, /\/sign-in#token=/);
  await look(page, "people-invited");
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
  await page.locator("[data-table=people]").getByText(MIA).waitFor();
  assert.ok(!(await page.content()).includes(invitation), "the link is still on the page");
});

step("the invitation works once, and a password is chosen", async () => {
  await mia.goto(invitation);
  const form = mia.getByRole("form", { name: "Password" });
  await form.getByLabel("New password").fill("12345678");
  await form.getByRole("button", { name: "Set password" }).click();
  await form.locator(".field-fault").waitFor();
  await look(mia, "people-weak-password");
  await form.getByLabel("New password").fill(PASSWORD);
  await form.getByRole("button", { name: "Set password" }).click();
  await overview(mia).waitFor();
  assert.equal(new URL(mia.url()).hash, "");
  const { context, page: second } = await openPage(browser);
  await second.goto(invitation);
  await second.getByRole("heading", { name: "Sign-in link invalid or expired" }).waitFor();
  await context.close();
});

step("the member signs out, and in again with name and password", async () => {
  const other = await mia.context().newPage();
  await other.goto(`${base}/runs`);
  await other.getByRole("heading", { name: "Runs", level: 1 }).waitFor();
  await mia.getByRole("link", { name: "Plans" }).first().click();
  await mia.getByRole("heading", { name: "Plans", level: 1 }).waitFor();
  await mia.getByRole("button", { name: "Sign out" }).click();
  for (const where of [mia, other]) await where.getByRole("form", { name: "Sign in" }).waitFor();
  await other.close();
  await mia.goBack();
  await mia.getByRole("form", { name: "Sign in" }).waitFor();
  assert.equal(new URL(mia.url()).pathname, "/sign-in");
  assert.equal(await mia.evaluate(() => localStorage.getItem("jac.page")), null);
  await mia.goto(`${base}/plans`);
  await signIn(mia, MIA, PASSWORD);
  await mia.getByRole("heading", { name: "Plans", level: 1 }).waitFor();
});

step("what others own has the same pages for a member, without actions", async () => {
  const rows = mia.locator("[data-table=plans] tbody tr");
  await rows.filter({ hasText: PLAN }).waitFor();
  await mia.getByRole("button", { name: "Mine" }).click();
  await rows.filter({ hasText: PLAN }).waitFor({ state: "detached" });
  assert.match(mia.url(), /whose=mine/);
  await mia.goto(planUrl);
  await readOnly(mia).first().waitFor();
  assert.match(await readOnly(mia).first().innerText(), new RegExp(administrator));
  // A copy belongs to the user who makes it.
  await mia.getByRole("button", { name: "More about this plan" }).click();
  assert.match((await mia.getByRole("menuitem").allInnerTexts()).join("|"), /^Duplicate…[^|]*$/);
  await mia.keyboard.press("Escape");
  assert.equal(await mia.getByRole("button", { name: "Remove users.csv" }).count(), 0);
  assert.equal(await mia.locator("[data-upload=files]").count(), 0);
  await look(mia, "people-read-only");
  await mia.goto(`${base}/settings/people`);
  await mia.getByText("Administrators only.").waitFor();
});

step("the server rejects what the page does not offer", async () => {
  const secret = await mia.evaluate(() => localStorage.getItem("jac.page"));
  const answer = await mia.request.delete(`${base}/api/v1/plans/${new URL(planUrl).pathname.split("/").at(-1)}`, { headers: { "X-JAC-Page": secret, Origin: base } });
  assert.equal(answer.status(), 403);
  assert.equal((await answer.json()).error.code, "not_owner");
});

step("team members may change what is shared with the team", async () => {
  await page.goto(`${base}/settings/teams`);
  await page.getByRole("button", { name: "New team" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(TEAM);
  await dialog.getByLabel(MIA, { exact: true }).check();
  await dialog.getByRole("button", { name: "Create team" }).click();
  await page.locator("[data-table=teams]").getByText(TEAM).waitFor();
  await page.goto(planUrl);
  await page.getByRole("button", { name: /^Shared with/ }).click();
  await page.getByRole("menuitem", { name: `Share with team ${TEAM}` }).click();
  await page.getByRole("button", { name: `Shared with: team ${TEAM}` }).waitFor();
  await mia.goto(planUrl);
  await mia.getByRole("button", { name: "More about this plan" }).waitFor();
  assert.equal(await readOnly(mia).count(), 0);
  await look(mia, "people-team");
});

step("a member who becomes a viewer can no longer start anything, even on an open page", async () => {
  await mia.goto(`${base}/clusters`);
  await mia.getByRole("button", { name: "New cluster" }).first().waitFor();
  await page.goto(`${base}/settings/people`);
  const dialog = await choose(MIA, "Role and teams");
  await dialog.getByLabel("Viewer").check();
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  await mia.getByRole("button", { name: "New cluster" }).first().waitFor({ state: "detached" });
  await mia.getByRole("heading", { name: "Clusters", level: 1 }).waitFor();
  await look(mia, "people-viewer");
});

step("a disabled user is signed out at once, with the reason", async () => {
  const dialog = await choose(MIA, "Disable");
  await dialog.getByRole("button", { name: "Disable" }).click();
  await dialog.waitFor({ state: "detached" });
  await mia.getByRole("heading", { name: "You have been signed out" }).waitFor();
  await look(mia, "people-signed-out");
  await signIn(mia, MIA, PASSWORD);
  await mia.getByText(/^Wrong name or password, or the account is disabled/).waitFor();
});

step("the audit trail has these actions", async () => {
  await page.goto(`${base}/settings/audit?text=${MIA}`);
  await page.locator("[data-table=audit] tbody tr").first().waitFor();
  await look(page, "people-audit");
});

step("the integrations page is empty at first", async () => {
  await page.goto(`${base}/settings/integrations`);
  await page.getByText("No integrations.").waitFor();
  await look(page, "people-integrations");
});

step("the member is deleted, and the plan remains the administrator's", async () => {
  await page.goto(`${base}/settings/people`);
  const dialog = await choose(MIA, "Remove");
  await dialog.getByRole("button", { name: "Remove" }).click();
  await dialog.waitFor({ state: "detached" });
  await page.locator("[data-table=people]").getByText(MIA).waitFor({ state: "detached" });
  await page.goto(planUrl);
  await page.getByRole("button", { name: "More about this plan" }).waitFor();
});

step("no page threw an error", async () => {
  await hers.close();
  assert.deepEqual([faults, herFaults], [[], []]);
});
