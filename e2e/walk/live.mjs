// A run from start to stop: charts, a label, lost connections, the log.
import assert from "node:assert/strict";
import { look } from "../accessible.mjs";
import { openPage } from "../browser.mjs";
import { pointsOf, quantile, waitForPoints, watchLatency } from "../chart.mjs";
import { api, base, browser, bucketsOf, head, LAUNCH_MS, loseConnection, maxLatency, page, restoreConnection, step, targetHost, targetPort, walked } from "./walk.mjs";

step("a run is started with changed properties", async () => {
  await page.goto(walked.planUrl);
  await page.getByRole("button", { name: "Start run" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Cluster").selectOption(new URL(walked.clusterUrl).pathname.split("/").at(-1));
  await dialog.getByLabel("target.host", { exact: true }).fill(targetHost);
  await dialog.getByLabel("target.port", { exact: true }).fill(targetPort);
  // A total is divided by the number of workers, until this is undone.
  await dialog.getByLabel("Total users").fill("13");
  await dialog.getByText("13 users on 2 workers, up to 7 each").waitFor();
  await look(page, "start-total");
  await dialog.getByLabel("Total users").fill("");
  await dialog.getByLabel("threads", { exact: true }).fill("6");
  await dialog.getByLabel("duration", { exact: true }).fill("180");
  await dialog.getByLabel("ramp_up", { exact: true }).fill("2");
  await dialog.getByText("Split users.csv").click();
  await dialog.getByText("of the plan (version 2)").waitFor();
  assert.equal(await dialog.getByLabel("Limit").first().inputValue(), "50");
  await look(page, "start");
  await dialog.getByRole("button", { name: "Start run" }).click();
  await page.waitForURL(/\/runs\/[^/]+$/);
  walked.runId = new URL(page.url()).pathname.split("/").at(-1);
  await page.getByRole("region", { name: "Steps" }).waitFor();
  await look(page, "preparing");
});

step("points appear on all four charts", async () => {
  await head("running").or(head("failed")).waitFor({ timeout: LAUNCH_MS });
  const failures = page.locator(".note-failed");
  assert.equal(await failures.count(), 0, (await failures.allInnerTexts()).join(" "));
  for (const id of ["throughput", "response-times", "errors", "active-users"]) await waitForPoints(page, id, 8, 60_000);
  // The charts below are drawn when they are scrolled into view.
  await page.getByRole("region", { name: "Codes, bytes and connections" }).scrollIntoViewIfNeeded();
  await waitForPoints(page, "codes", 8, 60_000);
  await page.locator("[data-table=labels] tbody tr").nth(2).waitFor();
  const run = await api(`/runs/${walked.runId}`);
  assert.equal(run.headline.active_users, 12, "6 users on each of 2 workers");
  assert.deepEqual([run.criteria_version, run.warm_up_s, run.stop_rules], [2, 2, ["error_percent >= 90% for 60s"]]);
  const criteria = page.getByRole("region", { name: "Criteria", exact: true });
  await criteria.getByText("met so far").waitFor();
  await criteria.getByText("Automatic stop").waitFor();
  await look(page, "live");
});

step("samples reach the chart in time", async (t) => {
  const seen = await watchLatency(page, "throughput", 20_000);
  assert.ok(seen.length >= 10, `only ${seen.length} paints with new samples in 20 s`);
  const newest = seen.map((each) => each.newest_ms);
  const oldest = seen.map((each) => each.oldest_ms);
  t.diagnostic(`age at the paint, ms: newest sample median ${quantile(newest, 0.5)}, oldest sample median ${quantile(oldest, 0.5)}, 9 of 10 within ${quantile(oldest, 0.9)}, worst ${Math.max(...oldest)}`);
  assert.ok(quantile(oldest, 0.9) <= maxLatency, `9 of 10 within ${quantile(oldest, 0.9)} ms; at most ${maxLatency} ms are allowed`);
});

step("a click on a label in the live table shows it in the charts and the figures", async () => {
  await page.locator("[data-table=labels] tbody label").filter({ hasText: "Login" }).click();
  await page.getByText("Showing 1 label").first().waitFor();
  assert.match(page.url(), /label=Login/);
  await waitForPoints(page, "throughput", 8, 20_000);
  const figure = page.locator("[data-figure=samples]");
  await figure.getByText(/^1 of \d+ labels$/).waitFor();
  const { summary } = await api(`/runs/${walked.runId}/live?after=0`);
  const shown = Number((await figure.locator(".figure-number").innerText()).replaceAll(",", ""));
  assert.ok(shown > 0 && shown < summary.total.samples, `${shown} samples of one label, ${summary.total.samples} of all`);
  await look(page, "live-label");
  await page.getByRole("button", { name: "Clear selection" }).click();
  await figure.getByText(/^\d+ labels$/).waitFor();
});

step("a lost connection is shown, and nothing is missing afterwards", async () => {
  await loseConnection();
  await page.locator("[data-connection=lost]").waitFor();
  await page.waitForTimeout(4000);
  await look(page, "connection-lost");
  const during = await pointsOf(page, "throughput");
  restoreConnection();
  await page.locator("[data-connection=lost]").waitFor({ state: "detached", timeout: 30_000 });
  await waitForPoints(page, "throughput", during + 4, 20_000);
  const { points, bucket_ms } = await api(`/runs/${walked.runId}/live?after=0`);
  const shown = await pointsOf(page, "throughput");
  const there = bucketsOf(points, bucket_ms);
  assert.ok(Math.abs(there - shown) <= 2, `the server has ${there} buckets, the page shows ${shown}`);
});

step("a page whose WebSocket is blocked follows the run by polling, and says so", async () => {
  const { context, page: behind, faults: thrown } = await openPage(browser, { storageState: await page.context().storageState() });
  await behind.routeWebSocket(/\/socket\.io\//, (socket) => void socket.close());
  await behind.goto(`${base}/runs/${walked.runId}`);
  await behind.locator("[data-connection=polling]").waitFor();
  const shown = await pointsOf(behind, "throughput");
  await waitForPoints(behind, "throughput", shown + 4, 20_000);
  await look(behind, "polling");
  assert.deepEqual(thrown, []);
  await context.close();
});

step("a page opened during a run gets its history", async () => {
  const shown = await pointsOf(page, "throughput");
  await page.reload();
  await waitForPoints(page, "throughput", shown, 15_000);
});

step("the JMeter log is on the page", async () => {
  const log = page.getByRole("region", { name: "JMeter log" });
  await log.getByRole("button", { name: "worker-1" }).click();
  await log.getByText(/INFO/).first().waitFor();
});

step("stop ends the run, and the report replaces the charts", async () => {
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop", exact: true }).click();
  await head("stopped").waitFor({ timeout: 120_000 });
  await page.getByRole("region", { name: "Distribution of response times" }).waitFor({ timeout: 30_000 });
  await head("criteria met").waitFor();
  await page.getByText(/partial/i).first().waitFor();
  const report = await api(`/runs/${walked.runId}/report`);
  assert.ok(report.summary.total.samples > 100);
  assert.equal(await pointsOf(page, "throughput"), bucketsOf(report.series.points, report.series.bucket_ms));
  await look(page, "report");
});
