// A cluster of this machine, and a try run on one.
import { chip, choose, expect, expectRefused, idOf, look } from "../fixtures.mjs";
import { LAUNCH_MS, targetHost, test } from "./stories.mjs";

test("a cluster of one master and two workers becomes ready, and is terminated", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("link", { name: "Clusters" }).first().click();
  await page.getByRole("button", { name: "New cluster" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Workers").fill("10000");
  await dialog.getByRole("button", { name: "Create cluster" }).click();
  await expectRefused(dialog.getByLabel("Workers"));
  await look(page);
  await dialog.getByLabel("Name").fill("walk");
  await dialog.getByLabel("Workers").fill("2");
  await dialog.getByRole("button", { name: "Create cluster" }).click();
  await expect(page).toHaveURL(/\/clusters\/c-[^/]+$/);
  await expect(chip(page, "ready")).toBeVisible({ timeout: LAUNCH_MS });
  await expect(page.getByRole("region", { name: "Nodes" }).getByText(/^(master|worker-\d)$/)).toHaveCount(3);
  await look(page);
  await choose(page, "More about this cluster", /Terminate/);
  await dialog.getByRole("button", { name: "Terminate" }).click();
  await expect(chip(page, "terminated")).toBeVisible({ timeout: 60_000 });
});

test("a try run executes the plan once on one worker, is marked, and is not in the trend", async ({ page, plan, person, freeCluster }) => {
  await page.goto(`/plans/${plan.id}`);
  await page.getByRole("button", { name: "Try", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Cluster").selectOption(freeCluster.id);
  await expect(dialog.getByLabel("Try run")).toBeChecked();
  await dialog.getByLabel("target.host", { exact: true }).fill(targetHost);
  // Nothing listens there, so each sample fails.
  await dialog.getByLabel("target.port", { exact: true }).fill("9");
  await expect(dialog.getByText("1 user on each of 1 worker")).toBeVisible();
  await look(page);
  await dialog.getByRole("button", { name: "Start try run" }).click();
  await expect(page).toHaveURL(/\/runs\/r-[^/]+$/);
  await expect(chip(page, "try")).toBeVisible();
  await expect(chip(page, "completed")).toBeVisible({ timeout: LAUNCH_MS });
  await expect(page.getByRole("region", { name: "Failed samples" })).toContainText(/refused/i, { timeout: 30_000 });
  await look(page);
  const tried = await person.get(`/runs/${idOf(page.url())}`);
  expect([tried.try_run, tried.workers, tried.total_threads, tried.notes[0].code]).toEqual([true, 1, 1, "try_plan_changed"]);
  expect((await person.get(`/plans/${plan.id}/trend`)).items).toEqual([]);
});
