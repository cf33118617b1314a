// Single sign-on against a real OpenID Connect provider: role and teams from groups, signing out, and what happens when the provider is
// unreachable, has new keys or a wrong clock, or when another user's browser returns from it. JAC's server is the tests' own.
import { readFileSync, writeFileSync } from "node:fs";
import { answerTo, expect, look, refusal, test as common } from "./fixtures.mjs";
import { useJac } from "./jac.mjs";
import { freePort, startProvider } from "./provider.mjs";

const SECRET = "the secret of a client in a test";
const COMPANY = "Shop ID";

const test = common.extend({
  /** JAC, which all stories use: `base`, the provider's `issuer`, and `audit`. */
  server: [
    async ({}, use, info) => {
      // To the browser, a site other than JAC's, like a real provider.
      const issuer = `http://localhost:${await freePort()}`;
      const options = (folder) => {
        writeFileSync(`${folder}/secret`, SECRET);
        const client = ["--oidc-issuer", issuer, "--oidc-client-id", "jac", "--oidc-client-secret-file", `${folder}/secret`, "--oidc-name", COMPANY];
        return [...client, "--oidc-role-group", "admins=administrator", "--oidc-role-group", "staff=member", "--oidc-team-group", "web=Web shop"];
      };
      await useJac(info, options, ({ base, folder }) => {
        /** The sign-ins at the company, from the first on. */
        const audit = async () => {
          const { token } = JSON.parse(readFileSync(`${folder}/data/server.json`, "utf8"));
          const answer = await fetch(`${base}/api/v1/audit?action=session.create&limit=100`, { headers: { authorization: `Bearer ${token}` } });
          const entries = (await answer.json()).items.filter(({ details }) => details.how === "company").reverse();
          return entries.map(({ person, outcome, code }) => `${person?.name ?? "-"} ${outcome} ${code ?? "-"}`);
        };
        return use({ base, issuer, audit });
      });
    },
    { scope: "worker" },
  ],
  baseURL: ({ server }, use) => use(server.base),
  /** Its users, whom a story may change. */
  people: async ({}, use) =>
    use({
      ada: { preferred_username: "ada", name: "Ada Lovelace", email: "ada@shop.example", groups: ["admins", "staff", "web"] },
      bob: { preferred_username: "bob", name: "Bob", email: "bob@shop.example", groups: ["staff", "others"] },
      eve: { preferred_username: "eve", name: "Eve", email: "eve@shop.example", groups: ["others"] },
    }),
  /** Starts the provider, which has new keys each time, and resolves to it. */
  startCompany: async ({ server, people }, use) => {
    const started = [];
    await use(async (claimsInToken) => {
      started.push(await startProvider({ issuer: server.issuer, jac: server.base, secret: SECRET, people, claimsInToken }));
      return started.at(-1);
    });
    for (const provider of started) await provider.close();
  },
  provider: ({ startCompany }, use) => startCompany(false).then(use),
  /** Opens a page that loads nothing from the internet: the provider's own pages request a font. */
  visit: async ({ open }, use) =>
    use(async () => {
      const page = await open();
      await page.context().route((url) => !["127.0.0.1", "localhost"].includes(url.hostname), (route) => route.abort());
      await page.goto("/");
      return page;
    }),
  page: async ({ visit }, use) => use(await visit()),
  /** The sign-ins of this story, as the audit trail has them. */
  signIns: async ({ server }, use) => {
    const before = (await server.audit()).length;
    await use(async () => (await server.audit()).slice(before));
  },
});

const companyButton = (page) => page.getByRole("button", { name: `Sign in with ${COMPANY}` });

/** From JAC's sign-in page through the provider's pages to the provider's last answer, which redirects back to JAC. */
async function signInAtCompany(page, name) {
  await companyButton(page).click();
  await page.getByPlaceholder("Enter any login").fill(name);
  await page.getByPlaceholder("and password").fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
}

/** The answer about the signed-in user that the page gets while `act` runs. */
async function sessionAfter(page, act) {
  const heard = page.waitForResponse((answer) => new URL(answer.url()).pathname === "/api/v1/session" && answer.request().method() === "GET" && answer.status() === 200, { timeout: 60_000 });
  const [answer] = await Promise.all([heard, act()]);
  return answer.json();
}

async function expectFault(page, code) {
  await expect(refusal(page, code)).toBeVisible();
  expect(new URL(page.url()).hash, "the code in the address").toBe("");
}

async function signOut(page) {
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Yes, sign me out" }).click();
  await expect(companyButton(page)).toBeVisible();
  await expect(page).toHaveURL(/^http:\/\/127\.0\.0\.1:\d+\/sign-in/);
}

// The first of this file: a provider that JAC has reached is known for a while.
test("a provider that is unreachable is reported, and works once it is reachable", async ({ page, startCompany }) => {
  expect(await answerTo(page, "/session/company", () => companyButton(page).click())).toEqual([502, "company_unavailable"]);
  await look(page);
  await startCompany(false);
  await page.goto("/");
  expect((await sessionAfter(page, () => signInAtCompany(page, "bob"))).user.name).toBe("bob");
});

test("the company's administrators are JAC's, in the team of their group", async ({ server, page, provider: _, signIns }) => {
  const session = await sessionAfter(page, () => signInAtCompany(page, "ada"));
  const { user, via, has_password } = session;
  expect({ name: user.name, role: user.role, teams: user.teams.map(({ name }) => name), via, has_password }).toEqual({
    name: "ada",
    role: "administrator",
    teams: ["Web shop"],
    via: "session",
    has_password: false,
  });
  expect(session.sign_out_url).toContain(`${server.issuer}/session/end?`);
  await expect(page.getByRole("navigation", { name: "Pages" })).toBeVisible();
  expect(new URL(page.url()).hash, "the page's secret in the address").toBe("");
  await look(page);
  // The browser keeps only the session.
  const cookies = (await page.context().cookies(server.base)).filter(({ name }) => name.includes("jac_"));
  expect(cookies.map(({ name, httpOnly, sameSite }) => [name.replace(/_[0-9a-f]+$/, ""), httpOnly, sameSite])).toEqual([["jac_session", true, "Strict"]]);
  expect(await signIns()).toEqual(["ada done -"]);
});

test("signing out also signs out at the provider and returns to JAC", async ({ page, provider: _ }) => {
  await sessionAfter(page, () => signInAtCompany(page, "bob"));
  await signOut(page);
  await look(page);
  await companyButton(page).click();
  await expect(page.getByPlaceholder("Enter any login")).toBeVisible();
});

test("changed groups apply from the next sign-in on", async ({ page, people, provider: _, signIns }) => {
  expect((await sessionAfter(page, () => signInAtCompany(page, "ada"))).user.role).toBe("administrator");
  await signOut(page);
  people.ada.groups = ["staff"];
  const { user } = await sessionAfter(page, () => signInAtCompany(page, "ada"));
  expect([user.role, user.teams]).toEqual(["member", []]);
  expect(await signIns()).toEqual(["ada done -", "ada done -"]);
});

test("a user without a role cannot sign in", async ({ page, provider: _, signIns }) => {
  await signInAtCompany(page, "eve");
  await expectFault(page, "company_no_role");
  await look(page);
  expect(await signIns()).toEqual(["- refused company_no_role"]);
});

test("cancelling at the provider returns with a code", async ({ page, provider: _, signIns }) => {
  await companyButton(page).click();
  await page.getByRole("link", { name: "Cancel" }).click();
  await expectFault(page, "company_refused");
  expect(await signIns()).toEqual(["- refused company_refused"]);
});

test("a provider's new keys are accepted at once, and claims in the ID token are enough", async ({ page, provider, startCompany, signIns }) => {
  await sessionAfter(page, () => signInAtCompany(page, "bob"));
  await signOut(page);
  await provider.close();
  await startCompany(true);
  await page.context().clearCookies();
  await page.goto("/");
  const { user } = await sessionAfter(page, () => signInAtCompany(page, "bob"));
  expect([user.name, user.role]).toEqual(["bob", "member"]);
  expect(await signIns()).toEqual(["bob done -", "bob done -"]);
});

test("a provider whose clock is two hours slow is reported", async ({ page, provider, signIns }) => {
  provider.spoil.clockMs = -2 * 3600 * 1000;
  await signInAtCompany(page, "bob");
  await expectFault(page, "company_clock");
  expect(await signIns()).toEqual(["- refused company_clock"]);
});

test("a provider that becomes unreachable during sign-in is reported, and the next attempt works", async ({ page, provider, signIns }) => {
  provider.spoil.tokenEndpointIsAway = true;
  await signInAtCompany(page, "bob");
  await expectFault(page, "company_unavailable");
  provider.spoil.tokenEndpointIsAway = false;
  await page.context().clearCookies();
  await page.goto("/");
  await sessionAfter(page, () => signInAtCompany(page, "bob"));
  expect(await signIns()).toEqual(["- refused company_unavailable", "bob done -"]);
});

test("the callback works once, in the browser that started the sign-in", async ({ page, visit, provider, signIns }) => {
  const [back] = await Promise.all([provider.heldBack(), signInAtCompany(page, "bob")]);
  const other = await visit();
  await other.goto(back);
  await expectFault(other, "company_expired");
  const { user } = await sessionAfter(page, () => page.goto(back));
  expect(user.name).toBe("bob");
  await expect(page.getByRole("navigation", { name: "Pages" })).toBeVisible();
  const again = await page.request.get(back, { maxRedirects: 0 });
  expect([again.status(), again.headers().location]).toEqual([303, "/sign-in#fault=company_expired"]);
  expect(await signIns()).toEqual(["- refused company_expired", "bob done -", "- refused company_expired"]);
});
