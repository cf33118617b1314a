// Signing in: the one-time link, the keyboard, a phone.
import assert from "node:assert/strict";
import { look } from "../accessible.mjs";
import { openPage, shiftOf } from "../browser.mjs";
import { base, browser, link, page, step } from "./walk.mjs";

step("a visitor without a link reads how to get one", async () => {
  const { context, page: stranger } = await openPage(browser);
  await stranger.goto(`${base}/runs`);
  await stranger.getByText("jac admin link").waitFor();
  await context.close();
});

step("the sign-in link signs the user in", async () => {
  await page.goto(link);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  assert.equal(new URL(page.url()).pathname, "/");
  await look(page, "overview");
});

step("the overview appears at once, even if some of its answers are slow", async () => {
  for (const late of ["info", "clusters", "plans", "schedules"]) {
    const { context, page: other } = await openPage(browser, { storageState: await page.context().storageState() });
    await other.route(new RegExp(`/api/v1/${late}\\b`), async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 700));
      await route.continue().catch(() => undefined);
    });
    await other.goto(base);
    await other.getByRole("button", { name: "Run the example" }).waitFor();
    const shift = await shiftOf(other);
    assert.ok(shift < 0.02, `${late} late: the page moved by ${shift}`);
    await context.close();
  }
});

step("the keyboard skips the side bar, shows its shortcuts, and opens a page by its keys", async () => {
  await page.keyboard.press("Tab");
  const skip = page.getByRole("button", { name: "Skip to content" });
  await skip.waitFor();
  assert.ok(await skip.evaluate((element) => element === document.activeElement), "the first stop is the skip link");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "MAIN");
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await look(page, "shortcuts");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "MAIN", "the focus is back after the dialog");
  await page.keyboard.press("g");
  await page.keyboard.press("r");
  await page.waitForURL(/\/runs$/);
  await page.goto(`${base}/`);
  await page.getByRole("button", { name: "Run the example" }).waitFor();
});

step("the overview fits a phone, with the navigation in a menu", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole("button", { name: "Menu" }).click();
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Schedules" }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0, "nothing is wider than the screen");
  await look(page, "phone");
  await page.keyboard.press("Escape");
  await page.setViewportSize({ width: 1440, height: 1000 });
});

step("the link works once", async () => {
  const { context, page: second } = await openPage(browser);
  await second.goto(link);
  await second.getByText("jac admin link").waitFor();
  await look(second, "link-used");
  await context.close();
});
