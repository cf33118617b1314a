// A schedule, the cluster's termination, files to keep, and imported logs.
import assert from "node:assert/strict";
import { look } from "../accessible.mjs";
import { base, head, LAUNCH_MS, page, step, targetHost, targetPort, walked } from "./walk.mjs";

step("a schedule shows its next times, is started manually with an ephemeral cluster, and its run links to it", async () => {
  await page.getByRole("link", { name: "Schedules" }).first().click();
  await page.getByText("No schedules yet.").waitFor();
  await look(page, "schedules-empty");
  await page.getByRole("button", { name: "New schedule" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Plan", { exact: true }).selectOption(new URL(walked.planUrl).pathname.split("/").at(-1));
  await dialog.getByLabel("Name", { exact: true }).fill("nightly");
  await dialog.getByLabel("Time zone").fill("Europe/Berlin");
  await dialog.getByLabel("Cron expression").fill("61 * * * *");
  await dialog.getByText("Invalid cron expression").waitFor();
  await dialog.getByLabel("Preset").selectOption({ label: "Monday to Friday at 03:00" });
  const times = dialog.getByRole("list", { name: "Next times" }).getByRole("listitem");
  await times.nth(4).waitFor();
  for (const time of await times.allTextContents()) assert.match(time, /^(Mon|Tue|Wed|Thu|Fri) .* 03:00, UTC\+0[12]:00$/);
  await dialog.getByLabel("target.host", { exact: true }).fill(targetHost);
  await dialog.getByLabel("target.port", { exact: true }).fill(targetPort);
  await dialog.getByLabel("duration", { exact: true }).fill("600");
  await look(page, "schedule-form");
  await dialog.getByRole("button", { name: "Create schedule" }).click();
  await page.waitForURL(/\/schedules\/[^/]+$/);
  await page.getByText("Created. Test it before its first scheduled time").waitFor();
  await page.getByRole("button", { name: "Try it now" }).click();
  assert.equal(await page.getByRole("dialog").getByLabel("Try run").isChecked(), true);
  await look(page, "schedule-start");
  await page.getByRole("dialog").getByRole("button", { name: "Start try run" }).click();
  const row = page.getByLabel("Runs of this schedule").getByRole("row").nth(1);
  // On a busy machine a single thread may not meet the plan's criteria.
  await row.getByText(/finished|criteria failed/).waitFor({ timeout: LAUNCH_MS });
  await look(page, "schedule");
  await row.getByRole("link").click();
  await head("completed").waitFor();
  await page.locator(".page-facts").getByText("started manually").waitFor();
  await page.locator(".page-facts a[href^='/schedules/']").click();
  await page.getByRole("button", { name: "Pause" }).click();
  await head("paused").waitFor();
  await page.getByRole("link", { name: "Schedules" }).first().click();
  await page.locator("[data-table=schedules] tbody").getByText("paused").waitFor();
  await look(page, "schedules");
  await page.locator("[data-table=schedules]").getByRole("link", { name: "nightly" }).click();
  await page.getByRole("button", { name: "More about this schedule" }).click();
  await page.getByRole("menuitem", { name: /^Delete/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("No schedules yet.").waitFor();
});

step("the cluster is terminated; plan and run remain", async () => {
  await page.goto(walked.clusterUrl);
  await page.getByRole("button", { name: "More about this cluster" }).click();
  await page.getByRole("menuitem", { name: /Terminate/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Terminate" }).click();
  await head("terminated").waitFor({ timeout: 60_000 });
  await page.getByRole("link", { name: "Runs" }).first().click();
  await page.locator(`[data-table=runs] a[href="/runs/${walked.runId}"]`).waitFor();
  await look(page, "runs");
  await page.goto(walked.planUrl);
  await page.getByText("No problems found").waitFor();
});

step("files that the plan writes are listed, and kept from then on", async () => {
  await page.goto(walked.planUrl);
  await page.getByRole("button", { name: "More about this plan" }).click();
  await page.getByRole("menuitem", { name: /Files to keep/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Patterns").fill("../*.csv");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText(/points outside the plan/).waitFor();
  await look(page, "keep");
  await dialog.getByLabel("Patterns").fill("*.csv\nscreens/**/*.png");
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByText("keeps *.csv, screens/**/*.png").waitFor();
});

step("an imported result log becomes a run with a report and a trend", async () => {
  const rows = Array.from({ length: 600 }, (_, n) => `${1_790_000_000_000 + n * 100},${100 + (n % 40)},Page ${n % 3},200,OK,T 1-1,${n % 50 !== 0}`);
  const log = ["timeStamp,elapsed,label,responseCode,responseMessage,threadName,success", ...rows, ""].join("\n");
  await page.goto(`${base}/runs`);
  await page.getByRole("button", { name: "Import logs" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Import", exact: true }).click();
  await dialog.getByText("Choose at least one result log.").waitFor();
  await look(page, "import");
  await dialog.locator("[data-upload=logs]").setInputFiles({ name: "letter.txt", mimeType: "text/plain", buffer: Buffer.from("Dear Ada,\n") });
  await dialog.getByLabel("Plan").fill("Elsewhere");
  await dialog.getByRole("button", { name: "Import", exact: true }).click();
  await dialog.getByText(/letter\.txt contains no samples/).waitFor();
  await dialog.locator("[data-upload=logs]").setInputFiles({ name: "night.jtl", mimeType: "text/plain", buffer: Buffer.from(log) });
  await dialog.getByRole("button", { name: "Import", exact: true }).click();
  await page.waitForURL(/\/runs\/r-/);
  await head("imported").waitFor();
  await page.getByRole("link", { name: "Elsewhere" }).click();
  await page.getByText("This plan is not in JAC. Its runs and their trend are kept.").waitFor();
  await page.locator("[data-table=runs] tbody tr").first().waitFor();
  await look(page, "plan-elsewhere");
});
