// What the stories of all projects bring: pages, and the person who is signed in on them.
import { test as playwright, expect } from "@playwright/test";
import axe from "axe-core";
import { openPage } from "./browser.mjs";
import { Session } from "./session.mjs";

export { expect };

const NOBODY = { cookies: [], origins: [] };

export const test = playwright.extend({
  /** The session of the server's administrator. */
  admin: [
    async ({}, use) => {
      const { JAC_E2E_URL: url, JAC_E2E_SESSION: session } = process.env;
      if (session === undefined) throw new Error("Set JAC_E2E_URL and JAC_E2E_LINK: where the server is, and an unused sign-in link.");
      await use(new Session(url.replace(/\/$/, ""), JSON.parse(session)));
    },
    { scope: "worker" },
  ],
  baseURL: ({ admin }, use) => use(admin.base),
  /** Whose page `page` is. */
  person: ({ admin }, use) => use(admin),
  /** Opens a page in a browser context of its own, where nobody is signed in, unless the options have a `storageState`. */
  open: async ({ browser, baseURL: _ }, use) => {
    const opened = [];
    await use(async (options) => {
      opened.push(await openPage(browser, { storageState: NOBODY, ...options }));
      return opened.at(-1).page;
    });
    for (const { context } of opened) await context.close();
    expect(opened.flatMap(({ faults }) => faults), "errors of pages, and what their Content-Security-Policy blocked").toEqual([]);
  },
  page: async ({ open, person }, use) => use(await open({ storageState: person.state })),
});

const HEAVY = ["serious", "critical"];

/** Checks the page in its current state with axe: no rule with serious or critical impact may be violated. */
export async function look(page) {
  // Evaluated through the browser's DevTools, so the page's Content-Security-Policy stays unchanged.
  await page.evaluate(axe.source);
  // Without `preload`: if axe cannot read the style sheet yet, it makes a copy, which the policy blocks and reports.
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { preload: false, resultTypes: ["violations"] }));
  const breaches = violations
    .filter(({ impact }) => HEAVY.includes(impact))
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map(({ target }) => target.join(" ")).join(", ")}`);
  expect(breaches, `rules of axe on ${page.url()}`).toEqual([]);
}

/** The ID at the end of an address. */
export const idOf = (url) => new URL(url).pathname.split("/").at(-1);

/** A state in the page's title. */
export const chip = (page, word) => page.locator(".page-title .chip").getByText(word, { exact: true });

/** An error message with this code; the code is among its details. */
export const refusal = (where, code) => where.getByRole("alert").filter({ hasText: code });

/** The page's only table of this name: its rows. */
export const rowsOf = (page, table) => page.locator(`[data-table=${table}] tbody tr`);

/** An entry of a menu. */
export async function choose(page, menu, item) {
  await page.getByRole("button", { name: menu }).click();
  await page.getByRole("menuitem", { name: item }).click();
  return page.getByRole("dialog");
}

/** What the server answers to the page's next request that is not GET: the status and the errors. */
export async function answerTo(page, path, act) {
  const answered = page.waitForResponse((answer) => new URL(answer.url()).pathname.startsWith(`/api/v1${path}`) && answer.request().method() !== "GET", { timeout: 60_000 });
  await act();
  const answer = await answered;
  if (answer.status() < 400) return [answer.status()];
  const { error } = await answer.json();
  return [answer.status(), ...(error.faults?.length > 0 ? error.faults.map(({ field, code }) => `${field} ${code}`) : [error.code])];
}

/** A field whose value is refused, with the reason below it. */
export async function expectRefused(field) {
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(field).toHaveAccessibleDescription(/\S/);
}

const ENDED = ["finished", "terminated", "failed"];

/** Waits until the server reports this phase of a cluster or a run, or that it has ended in another one. */
export async function reaches(session, path, phase, timeout) {
  let found;
  const seen = async () => (found = await session.get(path)).phase;
  await expect.poll(seen, { message: `${path} is ${phase}`, timeout, intervals: [250] }).toMatch(new RegExp(`^(${[phase, ...ENDED].join("|")})$`));
  expect(found.phase, `${path}: ${JSON.stringify(found.cause)}`).toBe(phase);
}
