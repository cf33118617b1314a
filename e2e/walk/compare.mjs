// A second run: differences before its start, comparisons, and the plan's trend.
import assert from "node:assert/strict";
import { look } from "../accessible.mjs";
import { canvas, waitForPoints } from "../chart.mjs";
import { api, base, head, LAUNCH_MS, page, step, walked } from "./walk.mjs";

step("a plan is run again with the same settings, differences are shown before the start, and the run ends by itself", async () => {
  const before = await api(`/runs/${walked.runId}`);
  await page.goto(`${base}/runs/${walked.runId}`);
  await page.getByRole("button", { name: "Run again" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Cluster").locator("option:checked", { hasText: "walk" }).waitFor({ state: "attached" });
  assert.equal(await dialog.getByLabel("threads", { exact: true }).inputValue(), "6");
  await dialog.getByLabel("duration", { exact: true }).fill("20");
  await dialog.getByText(/duration 180 → 20/).waitFor();
  await dialog.getByText("6 users on each of 2 workers = 12 users").waitFor();
  await dialog.getByText(/for 20\ss/).waitFor();
  await look(page, "run-again");
  await dialog.getByRole("button", { name: "Start run" }).click();
  await page.waitForURL((url) => /\/runs\/r-/.test(url.pathname) && !url.pathname.endsWith(walked.runId));
  walked.secondId = new URL(page.url()).pathname.split("/").at(-1);
  await head("completed").waitFor({ timeout: LAUNCH_MS });
  await page.locator("[data-table=apdex]").waitFor({ timeout: 30_000 });
  const again = await api(`/runs/${walked.secondId}`);
  assert.deepEqual(again.properties, { ...before.properties, duration: "20" });
  for (const kept of ["split", "share", "warm_up_s", "stop_rules", "criteria_version", "plan_revision"]) assert.deepEqual(again[kept], before[kept], kept);
});

step("a run is compared with the previous one, from its menu", async () => {
  await page.getByRole("button", { name: "More about this run" }).click();
  await page.getByRole("menuitem", { name: /^Compare with previous run/ }).click();
  await page.waitForURL(/\/compare\?/);
  assert.equal(new URL(page.url()).searchParams.get("runs"), `${walked.runId},${walked.secondId}`);
  const comparison = await api(`/compare?runs=${walked.runId},${walked.secondId}`);
  const { outcome, total, labels } = comparison.comparisons[0];
  assert.notEqual(total.change, "unclear", "two runs of hundreds of samples are compared conclusively");
  const said = { worse: "is worse than", mixed: "is partly worse than", better: "is better than", same: "No significant difference between" };
  await page.getByText(said[outcome]).waitFor();
  await page.getByRole("region", { name: "Differences" }).getByText("180 → 20").waitFor();
  for (const id of ["compare-throughput", "compare-p95", "compare-errors", "compare-percentiles"]) await waitForPoints(page, id, 8, 10_000);
  const rows = page.locator("[data-table=changes] tbody tr");
  assert.equal(await rows.count(), labels.length + 1, "each label and the total");
  await look(page, "compare");
  await page.getByRole("button", { name: "Only changes" }).click();
  assert.match(page.url(), /changes=1/);
});

step("runs selected in the list are compared, with the earliest as the baseline", async () => {
  await page.getByRole("link", { name: "Runs" }).first().click();
  const row = (id) => page.locator("[data-table=runs] tbody tr").filter({ has: page.locator(`a[href="/runs/${id}"]`) });
  await row(walked.secondId).getByRole("checkbox").check();
  assert.ok(await page.getByRole("button", { name: /^Compare/ }).isDisabled());
  await row(walked.runId).getByRole("checkbox").check();
  await page.getByRole("button", { name: "Compare 2" }).click();
  await page.waitForURL(/\/compare\?/);
  assert.equal(new URL(page.url()).searchParams.get("runs"), `${walked.runId},${walked.secondId}`);
  await page.locator("[data-table=results] tbody tr").nth(1).waitFor();
  await page.getByRole("button", { name: "Set as baseline" }).click();
  await page.waitForFunction((expected) => new URLSearchParams(location.search).get("runs") === expected, `${walked.secondId},${walked.runId}`);
  await page.goto(`${base}/compare?runs=${walked.runId}`);
  await page.getByText("Nothing to compare.").waitFor();
});

step("a label of the compared runs is charted over the time since their starts", async () => {
  await page.goto(`${base}/compare?runs=${walked.runId},${walked.secondId}`);
  const { runs } = await api(`/compare/series?runs=${walked.runId},${walked.secondId}&label=Login`);
  assert.ok(runs.every(({ points }) => points.length > 8), "both runs have points of the label");
  await page.getByLabel("Label in the charts over time").selectOption("Login");
  await waitForPoints(page, "compare-throughput", 8, 10_000);
  assert.match(page.url(), /label=Login/);
  await look(page, "compare-label");
});

step("one run is marked as the baseline, another gets a tag and a note, by which it is found", async () => {
  await page.goto(`${base}/runs/${walked.runId}`);
  await page.getByRole("button", { name: "More about this run" }).click();
  await page.getByRole("menuitem", { name: /^Set as baseline/ }).click();
  await page.getByRole("img", { name: "Baseline" }).waitFor();
  await page.goto(`${base}/runs/${walked.secondId}`);
  await page.getByRole("button", { name: "More about this run" }).click();
  await page.getByRole("menuitem", { name: "Tags and note…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Tags").fill("short, x".padEnd(60, "x"));
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.locator(".field-fault").waitFor();
  await dialog.getByLabel("Tags").fill("short, nightly");
  await dialog.getByLabel("Note").fill("The cache was warm.");
  await look(page, "remarks");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  await page.getByText("The cache was warm.").waitFor();
  await page.getByRole("link", { name: "nightly" }).click();
  await page.waitForURL(/\/runs\?tag=nightly$/);
  const rows = page.locator("[data-table=runs] tbody tr");
  await rows.filter({ has: page.locator(`a[href="/runs/${walked.secondId}"]`) }).waitFor();
  assert.equal(await rows.count(), 1);
});

step("the plan shows the trend of its runs, and a click on one opens it", async () => {
  await page.goto(walked.planUrl);
  const trend = page.getByRole("region", { name: "Trend" });
  await trend.getByText(/^2 runs, the newest at the right/).waitFor();
  for (const id of ["trend-times", "trend-rate", "trend-errors"]) await waitForPoints(page, id, 2, 10_000);
  const answer = await api(`/plans/${new URL(walked.planUrl).pathname.split("/").at(-1)}/trend`);
  assert.equal(answer.baseline.run, walked.runId);
  assert.deepEqual(answer.items.map(({ run }) => run), [walked.secondId, walked.runId]);
  await trend.getByLabel("Label").selectOption("Login");
  assert.match(page.url(), /trend\.label=Login/);
  await look(page, "trend");
  const chart = page.locator(canvas("trend-times"));
  await chart.scrollIntoViewIfNeeded();
  const box = await chart.boundingBox();
  await page.mouse.click(box.x + box.width - 60, box.y + 80);
  await page.waitForURL(new RegExp(`/runs/${walked.secondId}$`));
});
