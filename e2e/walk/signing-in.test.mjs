// Signing in with a link, and the overview: by keyboard, on a phone.
import { expect, look } from "../fixtures.mjs";
import { shiftOf } from "../browser.mjs";
import { test } from "./stories.mjs";

const runExample = (page) => page.getByRole("button", { name: "Run the example" });

/** The overview of an empty installation, whatever the others have left. */
const emptied = (page) => page.route(/\/api\/v1\/(runs|plans|clusters)\?/, (route) => route.fulfill({ json: { items: [], next: null } }));

test("a visitor without a link reads how to get one", async ({ open }) => {
  const page = await open();
  await page.goto("/runs");
  await expect(page.getByRole("form", { name: "Sign in" })).toBeVisible();
  await expect(page.getByText("jac admin link")).toBeVisible();
});

test("a sign-in link signs the user in, once", async ({ admin, open }) => {
  const link = await admin.link();
  const page = await open();
  await page.goto(link);
  const overview = page.getByRole("heading", { name: "Overview" });
  const later = page.getByRole("button", { name: "Not now" });
  // If other users have accounts already, a password is offered at once.
  await expect(overview.or(later)).toBeVisible();
  if (await later.isVisible()) await later.click();
  await expect(overview).toBeVisible();
  await expect(page).toHaveURL("/");
  await look(page);
  const second = await open();
  expect(await Promise.all([second.waitForResponse("/api/v1/session"), second.goto(link)]).then(([answer]) => answer.status())).toBe(401);
  await expect(second.getByText("jac admin link")).toBeVisible();
  await look(second);
});

const owner = { id: "admin", name: "Administrator" };
const cluster = { id: "c-22222222", name: "Late cluster", owner, team: null, provider: "local", phase: "ready", cause: null, workers: 1, remove_after_run: false };
const inUse = { lost_nodes: [], current_run: null, created_ms: 1, ready_ms: 1, ended_ms: null, expires_at_ms: Date.now() + 3_600_000 };
/** Answers that add something to the overview, and what. */
const LATE = {
  clusters: [{ ...cluster, ...inUse, idle_ends_at_ms: null, usd_per_hour: null, usd_so_far: null }, (page) => page.getByRole("link", { name: "Late cluster" })],
  plans: [{ id: "p-22222222", name: "Late plan", owner, team: null, created_ms: 1, main_file: "plan.jmx", files: 1 }, (page) => page.getByRole("button", { name: "Start run" }).first()],
  schedules: [{ id: "s-22222222", name: "Late schedule", owner, failures: 3, state: "switched_off" }, (page) => page.getByRole("link", { name: "Late schedule" })],
};

for (const [late, [item, shown]] of Object.entries(LATE)) {
  test(`the overview appears at once, even if the answer about ${late} is slow`, async ({ page }) => {
    await emptied(page);
    await page.route(new RegExp(`/api/v1/${late}\\?`), async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 700));
      await route.fulfill({ json: { items: [item], next: null } }).catch(() => undefined);
    });
    await page.goto("/");
    await expect(shown(page)).toBeVisible();
    await expect(runExample(page)).toBeVisible();
    expect(await shiftOf(page), "how far the page moved").toBeLessThan(0.02);
  });
}

test("the keyboard skips the side bar, shows its shortcuts, and opens a page by its keys", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Skip to content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
  await look(page);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByRole("main"), "the focus is back after the dialog").toBeFocused();
  await page.keyboard.press("g");
  await page.keyboard.press("r");
  await expect(page).toHaveURL("/runs");
});

test("the overview fits a phone, with the navigation in a menu", async ({ page }) => {
  await emptied(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto("/");
  await expect(runExample(page)).toBeVisible();
  await page.getByRole("button", { name: "Menu" }).click();
  await expect(page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Schedules" })).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), "pixels wider than the screen").toBe(0);
  await look(page);
});
