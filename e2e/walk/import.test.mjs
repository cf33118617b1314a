// Result logs that were written elsewhere.
import { expectPoints } from "../chart.mjs";
import { answerTo, chip, expect, idOf, look, rowsOf } from "../fixtures.mjs";
import { resultLog } from "../session.mjs";
import { test } from "./stories.mjs";

test("an imported result log becomes a run with a report and a trend", async ({ page, person }) => {
  const plan = `Elsewhere ${Date.now().toString(36)}`;
  await page.goto("/runs");
  await page.getByRole("button", { name: "Import logs" }).first().click();
  const dialog = page.getByRole("dialog");
  const logs = dialog.locator("[data-upload=logs]");
  const send = () => dialog.getByRole("button", { name: "Import", exact: true }).click();
  await send();
  await expect(dialog.locator(".field-fault").first()).toBeVisible();
  await look(page);
  await logs.setInputFiles({ name: "letter.txt", mimeType: "text/plain", buffer: Buffer.from("Dear Ada,\n") });
  await dialog.getByLabel("Plan").fill(plan);
  expect(await answerTo(page, "/runs/import", send)).toEqual([400, "no_sample"]);
  await expect(dialog.getByRole("alert")).toBeVisible();
  await logs.setInputFiles({ name: "night.jtl", mimeType: "text/plain", buffer: Buffer.from(resultLog(600)) });
  await send();
  await expect(page).toHaveURL(/\/runs\/r-/);
  await expect(chip(page, "imported")).toBeVisible();
  await expect(page.getByRole("region", { name: "Distribution of response times" })).toBeVisible({ timeout: 30_000 });
  expect((await person.get(`/runs/${idOf(page.url())}/report`)).summary.total.samples).toBe(600);
  // A second one, for the trend.
  await page.goto("/runs");
  await page.getByRole("button", { name: "Import logs" }).first().click();
  await logs.setInputFiles({ name: "day.jtl", mimeType: "text/plain", buffer: Buffer.from(resultLog(600)) });
  await dialog.getByLabel("Plan").fill(plan);
  await send();
  await expect(page).toHaveURL(/\/runs\/r-/);
  await page.getByRole("link", { name: plan }).click();
  await expect(page).toHaveURL(/\/plans\//);
  await expect(rowsOf(page, "runs")).toHaveCount(2);
  await expectPoints(page, "trend-times", 2);
  await look(page);
});
