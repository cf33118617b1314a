// A cluster, and a try run of the plan on it.
import assert from "node:assert/strict";
import { look } from "../accessible.mjs";
import { api, head, LAUNCH_MS, page, step, targetHost, walked } from "./walk.mjs";

step("a cluster of one master and two workers becomes ready", async () => {
  await page.getByRole("link", { name: "Clusters" }).first().click();
  await page.getByRole("button", { name: "New cluster" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Workers").fill("10000");
  await dialog.getByRole("button", { name: "Create cluster" }).click();
  await dialog.getByText("Must be a whole number from 0").waitFor();
  await look(page, "cluster-faults");
  await dialog.getByLabel("Name").fill("walk");
  await dialog.getByLabel("Workers").fill("2");
  await dialog.getByRole("button", { name: "Create cluster" }).click();
  await page.waitForURL(/\/clusters\/[^/]+$/);
  walked.clusterUrl = page.url();
  await head("ready").waitFor({ timeout: LAUNCH_MS });
  assert.equal(await page.getByRole("region", { name: "Nodes" }).getByText(/^(master|worker-\d)$/).count(), 3);
  await look(page, "cluster");
});

step("a try run executes the plan once on one worker, is marked, and is not in the trend", async () => {
  await page.goto(walked.planUrl);
  await page.getByRole("button", { name: "Try", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Cluster").selectOption(new URL(walked.clusterUrl).pathname.split("/").at(-1));
  assert.equal(await dialog.getByLabel("Try run").isChecked(), true);
  await dialog.getByLabel("target.host", { exact: true }).fill(targetHost);
  // Nothing listens there, so each sample fails.
  await dialog.getByLabel("target.port", { exact: true }).fill("9");
  await dialog.getByText("1 user on each of 1 worker").waitFor();
  await look(page, "try");
  await dialog.getByRole("button", { name: "Start try run" }).click();
  await page.waitForURL(/\/runs\/[^/]+$/);
  await head("try").waitFor();
  await head("completed").waitFor({ timeout: LAUNCH_MS });
  await page.getByRole("region", { name: "Failed samples" }).getByText(/refused/i).first().waitFor({ timeout: 30_000 });
  await look(page, "tried");
  const tried = await api(`/runs/${new URL(page.url()).pathname.split("/").at(-1)}`);
  assert.deepEqual([tried.try_run, tried.workers, tried.total_threads, tried.notes[0].code], [true, 1, 1, "try_plan_changed"]);
  assert.deepEqual((await api(`/plans/${new URL(walked.planUrl).pathname.split("/").at(-1)}/trend`)).items, []);
});
