// Single sign-on in a real browser, against a real OpenID Connect provider: role and teams from groups, signing out, and what
// happens when the provider is unreachable, has new keys or a wrong clock, or when another user's browser returns from it.
//
//   JAC_E2E_JAC      the executable; the test starts its own server with it, on a temporary data folder
//   CHROMIUM         the browser, if it is in an unusual place
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, before } from "node:test";
import { look } from "./accessible.mjs";
import { SHOTS, launch, openPage } from "./browser.mjs";
import { end, startJac } from "./jac.mjs";
import { freePort, startProvider } from "./provider.mjs";
import { stepsOn } from "./steps.mjs";

const jac = process.env.JAC_E2E_JAC;
const SECRET = "the secret of a client in a test";
const COMPANY = "Shop ID";
const people = {
  ada: { preferred_username: "ada", name: "Ada Lovelace", email: "ada@shop.example", groups: ["admins", "staff", "web"] },
  bob: { preferred_username: "bob", name: "Bob", email: "bob@shop.example", groups: ["staff", "others"] },
  eve: { preferred_username: "eve", name: "Eve", email: "eve@shop.example", groups: ["others"] },
};

let folder;
let server;
let base;
let issuer;
let provider;
let browser;
let context;
let page;
let faults;
/** The server's output. */
const log = [];

async function serve() {
  writeFileSync(`${folder}/secret`, SECRET);
  const roles = ["admins=administrator", "staff=member"].flatMap((map) => ["--oidc-role-group", map]);
  const oidc = ["--oidc-issuer", issuer, "--oidc-client-id", "jac", "--oidc-client-secret-file", `${folder}/secret`, "--oidc-name", COMPANY];
  ({ server, base } = await startJac(jac, folder, [...oidc, ...roles, "--oidc-team-group", "web=Web shop"], log));
}

const startCompany = async (claimsInToken) => {
  provider = await startProvider({ issuer, jac: base, secret: SECRET, people, claimsInToken });
};

/** A page that loads nothing from the internet: the provider's own pages request a font. */
async function newPage() {
  const opened = await openPage(browser);
  await opened.context.route((url) => !["127.0.0.1", "localhost"].includes(url.hostname), (route) => route.abort());
  return opened;
}

before(async () => {
  assert.ok(jac, "Set JAC_E2E_JAC: the executable.");
  folder = mkdtempSync(`${tmpdir()}/jac-e2e-company-`);
  // To the browser, a site other than JAC's, like a real provider.
  issuer = `http://localhost:${await freePort()}`;
  await serve();
  browser = await launch();
  ({ context, page, faults } = await newPage());
});

after(async () => {
  await browser?.close();
  await provider?.close();
  await end(server);
  rmSync(folder, { recursive: true, force: true });
  writeFileSync(`${SHOTS}company-server.log`, `${log.join("\n")}\n`);
});

const step = stepsOn(() => page, "company-failed");

const companyButton = (where) => where.getByRole("button", { name: `Sign in with ${COMPANY}` });

/** From JAC's sign-in page through the provider's pages to the provider's last answer, which redirects back to JAC. */
async function signInAtCompany(where, name) {
  await companyButton(where).click();
  await where.getByPlaceholder("Enter any login").fill(name);
  await where.getByPlaceholder("and password").fill("any");
  await where.getByRole("button", { name: "Sign-in" }).click();
  await where.getByRole("button", { name: "Continue" }).click();
}

/** The answers about the signed-in user that the page gets while `work` runs. */
async function sessionDuring(where, work) {
  const heard = where.waitForResponse((answer) => new URL(answer.url()).pathname === "/api/v1/session" && answer.request().method() === "GET" && answer.status() === 200);
  const [answer] = await Promise.all([heard, work()]);
  return answer.json();
}

async function faultAfter(where, work) {
  await work();
  const alert = where.getByRole("alert");
  await alert.waitFor();
  assert.equal(new URL(where.url()).hash, "", "the code is still in the address");
  return /\((\w+)\)/.exec(await alert.innerText())?.[1];
}

async function signOut(where) {
  await where.getByRole("button", { name: "Sign out" }).click();
  await where.getByRole("button", { name: "Yes, sign me out" }).click();
  await companyButton(where).waitFor();
  assert.equal(where.url().startsWith(`${base}/sign-in`), true, where.url());
}

step("the page reports a provider that is unreachable", async () => {
  await page.goto(base);
  const refused = page.waitForResponse(`${base}/api/v1/session/company`);
  await companyButton(page).click();
  const answer = await refused;
  assert.equal(answer.status(), 502);
  assert.equal((await answer.json()).error.code, "company_unavailable");
  await look(page, "company-away");
});

step("once it is reachable, its administrators are JAC's, in the team of their group", async () => {
  await startCompany(false);
  await page.goto(base);
  const session = await sessionDuring(page, () => signInAtCompany(page, "ada"));
  assert.deepEqual(
    { name: session.user.name, role: session.user.role, teams: session.user.teams.map(({ name }) => name), via: session.via, has_password: session.has_password },
    { name: "ada", role: "administrator", teams: ["Web shop"], via: "session", has_password: false },
  );
  assert.ok(session.sign_out_url.startsWith(`${issuer}/session/end?`), session.sign_out_url);
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
  assert.equal(new URL(page.url()).hash, "", "the page's secret is still in the address");
  await look(page, "company-signed-in");
});

step("after signing in, the browser keeps only the session", async () => {
  const cookies = (await context.cookies(base)).filter(({ name }) => name.includes("jac_"));
  assert.deepEqual(cookies.map(({ name, httpOnly, sameSite }) => [name.replace(/_[0-9a-f]+$/, ""), httpOnly, sameSite]), [["jac_session", true, "Strict"]]);
});

step("signing out also signs out at the provider and returns to JAC", async () => {
  await signOut(page);
  await look(page, "company-signed-out");
  await companyButton(page).click();
  await page.getByPlaceholder("Enter any login").waitFor();
});

step("changed groups apply from the next sign-in on", async () => {
  people.ada.groups = ["staff"];
  await page.goto(base);
  const session = await sessionDuring(page, () => signInAtCompany(page, "ada"));
  assert.deepEqual([session.user.role, session.user.teams], ["member", []]);
  await signOut(page);
});

step("a user without a role cannot sign in", async () => {
  assert.equal(await faultAfter(page, () => signInAtCompany(page, "eve")), "company_no_role");
  await look(page, "company-no-role");
});

step("cancelling at the provider returns with a code", async () => {
  await context.clearCookies();
  await page.goto(base);
  await companyButton(page).click();
  assert.equal(await faultAfter(page, () => page.getByText("Cancel").click()), "company_refused");
});

step("a provider's new keys are accepted at once, and claims in the ID token are enough", async () => {
  await provider.close();
  await startCompany(true);
  await context.clearCookies();
  await page.goto(base);
  const session = await sessionDuring(page, () => signInAtCompany(page, "bob"));
  assert.deepEqual([session.user.name, session.user.role], ["bob", "member"]);
  await signOut(page);
});

step("a provider whose clock is two hours slow is reported", async () => {
  provider.spoil.clockMs = -2 * 3600 * 1000;
  assert.equal(await faultAfter(page, () => signInAtCompany(page, "bob")), "company_clock");
  provider.spoil.clockMs = 0;
});

step("a provider that becomes unreachable during sign-in is reported, and the next attempt works", async () => {
  provider.spoil.tokenEndpointIsAway = true;
  await context.clearCookies();
  await page.goto(base);
  assert.equal(await faultAfter(page, () => signInAtCompany(page, "bob")), "company_unavailable");
  provider.spoil.tokenEndpointIsAway = false;
  await context.clearCookies();
  await page.goto(base);
  await sessionDuring(page, () => signInAtCompany(page, "bob"));
  await signOut(page);
});

step("the callback works once, in the browser that started the sign-in", async () => {
  const [back] = await Promise.all([provider.heldBack(), signInAtCompany(page, "bob")]);
  const other = await newPage();
  assert.equal(await faultAfter(other.page, () => other.page.goto(back)), "company_expired");
  await other.context.close();
  const session = await sessionDuring(page, () => page.goto(back));
  assert.equal(session.user.name, "bob");
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
  const again = await page.request.get(back, { maxRedirects: 0 });
  assert.deepEqual([again.status(), again.headers().location], [303, "/sign-in#fault=company_expired"]);
});

step("the audit trail has successful and failed sign-ins", async () => {
  const { token } = JSON.parse(readFileSync(`${folder}/data/server.json`, "utf8"));
  const answer = await fetch(`${base}/api/v1/audit?action=session.create&limit=100`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 200);
  const entries = (await answer.json()).items.filter(({ details }) => details.how === "company").reverse();
  assert.deepEqual(
    entries.map(({ person, outcome, code }) => `${person?.name ?? "-"} ${outcome} ${code ?? "-"}`),
    [
      "ada done -",
      "ada done -",
      "- refused company_no_role",
      "- refused company_refused",
      "bob done -",
      "- refused company_clock",
      "- refused company_unavailable",
      "bob done -",
      "- refused company_expired",
      "bob done -",
      "- refused company_expired",
    ],
  );
});

step("no page threw an error", () => {
  assert.deepEqual(faults, []);
});
