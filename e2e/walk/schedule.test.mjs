// A schedule, and a run of it on a cluster that exists only for the run.
import { chip, choose, expect, expectRefused, look, rowsOf } from "../fixtures.mjs";
import { LAUNCH_MS, targetHost, targetPort, test } from "./stories.mjs";

// Also if the story fails: it begins without a schedule.
test.afterEach(async ({ person, plan }) => {
  for (const { id, plan: scheduled } of (await person.get("/schedules")).items) if (scheduled.id === plan.id) await person.call("DELETE", `/schedules/${id}`);
});

test("a schedule shows its next times, is started manually with an ephemeral cluster, and its run links to it", async ({ page, plan }) => {
  const name = `nightly ${plan.id}`;
  await page.goto("/");
  await page.getByRole("link", { name: "Schedules" }).first().click();
  await expect(page.locator(".empty")).toBeVisible();
  await look(page);
  await page.getByRole("button", { name: "New schedule" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Plan", { exact: true }).selectOption(plan.id);
  await dialog.getByLabel("Name", { exact: true }).fill(name);
  await dialog.getByLabel("Time zone").fill("Europe/Berlin");
  await dialog.getByLabel("Cron expression").fill("61 * * * *");
  await expectRefused(dialog.getByLabel("Cron expression"));
  await dialog.getByLabel("Preset").selectOption({ label: "Monday to Friday at 03:00" });
  const times = dialog.getByRole("list", { name: "Next times" }).getByRole("listitem");
  await expect(times.nth(4)).toBeVisible();
  for (const time of await times.allTextContents()) expect(time).toMatch(/^(Mon|Tue|Wed|Thu|Fri) .* 03:00, UTC\+0[12]:00$/);
  await dialog.getByLabel("target.host", { exact: true }).fill(targetHost);
  await dialog.getByLabel("target.port", { exact: true }).fill(targetPort);
  await dialog.getByLabel("duration", { exact: true }).fill("600");
  await look(page);
  await dialog.getByRole("button", { name: "Create schedule" }).click();
  await expect(page).toHaveURL(/\/schedules\/[^/]+$/);
  await page.getByRole("button", { name: "Try it now" }).click();
  await expect(dialog.getByLabel("Try run")).toBeChecked();
  await look(page);
  await dialog.getByRole("button", { name: "Start try run" }).click();
  const row = page.getByLabel("Runs of this schedule").getByRole("row").nth(1);
  // On a busy machine a single thread may not meet the plan's criteria.
  await expect(row.getByText(/finished|criteria failed/)).toBeVisible({ timeout: LAUNCH_MS });
  await look(page);
  await row.getByRole("link").click();
  await expect(chip(page, "completed")).toBeVisible();
  await page.locator(".page-facts a[href^='/schedules/']").click();
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(chip(page, "paused")).toBeVisible();
  await page.getByRole("link", { name: "Schedules" }).first().click();
  await expect(rowsOf(page, "schedules").getByText("paused")).toBeVisible();
  await look(page);
  await rowsOf(page, "schedules").getByRole("link", { name }).click();
  await choose(page, "More about this schedule", /^Delete/);
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(page).toHaveURL("/schedules");
  await expect(page.locator(".empty")).toBeVisible();
});
