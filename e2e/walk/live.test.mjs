// A run from start to stop: charts, a label, lost connections, the log.
import { chip, expect, idOf, look, rowsOf } from "../fixtures.mjs";
import { chart, expectPoints, pointsOf, quantile, watchLatency } from "../chart.mjs";
import { bucketsOf, LAUNCH_MS, planWithCriteria, targetHost, targetPort, test } from "./stories.mjs";

const MAX_LATENCY_MS = Number(process.env.JAC_E2E_MAX_LATENCY_MS ?? 2500);
const FOUR_CHARTS = ["throughput", "response-times", "errors", "active-users"];

/** The server's buckets of a running run. */
async function bucketsThere(session, run) {
  const { points, bucket_ms } = await session.get(`/runs/${run}/live?after=0`);
  return bucketsOf(points, bucket_ms);
}

test("a run is started with changed properties, and stopped", async ({ page, person, freeCluster }) => {
  const plan = await planWithCriteria(person);
  await page.goto(`/plans/${plan.id}`);
  await page.getByRole("button", { name: "Start run" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Cluster").selectOption(freeCluster.id);
  await dialog.getByLabel("target.host", { exact: true }).fill(targetHost);
  await dialog.getByLabel("target.port", { exact: true }).fill(targetPort);
  // A total is divided by the number of workers, until this is undone.
  await dialog.getByLabel("Total users").fill("13");
  await expect(dialog.getByText("13 users on 2 workers, up to 7 each")).toBeVisible();
  await look(page);
  await dialog.getByLabel("Total users").fill("");
  await dialog.getByLabel("threads", { exact: true }).fill("6");
  await dialog.getByLabel("duration", { exact: true }).fill("180");
  await dialog.getByLabel("ramp_up", { exact: true }).fill("2");
  await dialog.getByText("Split users.csv").click();
  await expect(dialog.getByLabel("Limit").first()).toHaveValue("50");
  await look(page);
  await dialog.getByRole("button", { name: "Start run" }).click();
  await expect(page).toHaveURL(/\/runs\/r-[^/]+$/);
  await expect(page.getByRole("region", { name: "Steps" })).toBeVisible();
  await look(page);
  const run = await person.get(`/runs/${idOf(page.url())}`);
  expect(run.properties).toMatchObject({ threads: "6", duration: "180", ramp_up: "2", "target.port": targetPort });
  expect([run.criteria_version, run.warm_up_s, run.stop_rules, run.split]).toEqual([2, 2, ["error_percent >= 90% for 60s"], ["users.csv"]]);
  await expect(chip(page, "running")).toBeVisible({ timeout: LAUNCH_MS });
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await dialog.getByRole("button", { name: "Stop", exact: true }).click();
  await expect(chip(page, "stopped")).toBeVisible({ timeout: LAUNCH_MS });
});

test("points appear on all charts of a running run", async ({ page, person, runs }) => {
  const run = await runs.live();
  await page.goto(`/runs/${run}`);
  await expect(chip(page, "running")).toBeVisible();
  for (const id of FOUR_CHARTS) await expectPoints(page, id, 8, LAUNCH_MS);
  // The charts below are drawn when they are scrolled into view.
  await page.getByRole("region", { name: "Codes, bytes and connections" }).scrollIntoViewIfNeeded();
  await expectPoints(page, "codes", 8, LAUNCH_MS);
  await expect(rowsOf(page, "labels").nth(2)).toBeVisible();
  await expect.poll(async () => (await person.get(`/runs/${run}`)).headline.active_users, { message: "6 users on each of 2 workers" }).toBe(12);
  const criteria = page.getByRole("region", { name: "Criteria", exact: true });
  await expect(criteria.getByText("met so far")).toBeVisible();
  await expect(criteria.getByText("Automatic stop")).toBeVisible();
  await look(page);
});

test("samples reach the chart in time", async ({ page, runs }) => {
  await page.goto(`/runs/${await runs.live()}`);
  await expectPoints(page, "throughput", 8, LAUNCH_MS);
  const seen = await watchLatency(page, "throughput", 20_000);
  expect(seen.length, "paints with new samples in 20 s").toBeGreaterThanOrEqual(10);
  const newest = seen.map((each) => each.newest_ms);
  const oldest = seen.map((each) => each.oldest_ms);
  console.log(`age at the paint, ms: newest sample median ${quantile(newest, 0.5)}, oldest sample median ${quantile(oldest, 0.5)}, 9 of 10 within ${quantile(oldest, 0.9)}, worst ${Math.max(...oldest)}`);
  expect(quantile(oldest, 0.9), "age of 9 of 10 paints' oldest sample, ms").toBeLessThanOrEqual(MAX_LATENCY_MS);
});

test("a click on a label in the live table shows it in the charts and the figures", async ({ page, person, runs }) => {
  const run = await runs.live();
  await page.goto(`/runs/${run}`);
  await rowsOf(page, "labels").locator("label").filter({ hasText: "Login" }).click();
  await expect(page).toHaveURL(/label=Login/);
  await expectPoints(page, "throughput", 8, LAUNCH_MS);
  const figure = page.locator("[data-figure=samples]");
  await expect(figure.getByText(/^1 of \d+ labels$/)).toBeVisible();
  const { summary } = await person.get(`/runs/${run}/live?after=0`);
  const shown = Number((await figure.locator(".figure-number").innerText()).replaceAll(",", ""));
  expect(shown).toBeGreaterThan(0);
  expect(shown, "samples of one label, and of all").toBeLessThan(summary.total.samples);
  await look(page);
  await page.getByRole("button", { name: "Clear selection" }).click();
  await expect(figure.getByText(/^\d+ labels$/)).toBeVisible();
});

test("a lost connection is shown, and nothing is missing afterwards", async ({ page, person, runs }) => {
  const run = await runs.live();
  const sockets = [];
  let broken = false;
  await page.routeWebSocket(/\/socket\.io\//, (socket) => {
    if (broken) return void socket.close();
    sockets.push(socket);
    socket.connectToServer();
  });
  // Without a WebSocket the page polls, which a lost connection must block too.
  await page.route(/\/socket\.io\//, (route) => (broken ? route.abort() : route.continue()));
  await page.goto(`/runs/${run}`);
  await expectPoints(page, "throughput", 8, LAUNCH_MS);
  await expect.poll(() => sockets.length, { message: "a WebSocket" }).toBeGreaterThan(0);
  broken = true;
  for (const socket of sockets.splice(0)) await socket.close();
  const lost = page.locator("[data-connection=lost]");
  await expect(lost).toBeVisible();
  const during = await pointsOf(page, "throughput");
  await expect.poll(() => bucketsThere(person, run), { message: "buckets that the page does not get", timeout: 30_000 }).toBeGreaterThan(during + 4);
  expect(await pointsOf(page, "throughput")).toBe(during);
  await look(page);
  broken = false;
  await expect(lost).toHaveCount(0, { timeout: 30_000 });
  await expectPoints(page, "throughput", during + 4, 20_000);
  await expect.poll(async () => Math.abs((await bucketsThere(person, run)) - (await pointsOf(page, "throughput"))), { message: "buckets that the page lacks" }).toBeLessThanOrEqual(2);
});

test("a page whose WebSocket is blocked follows the run by polling, and says so", async ({ page, runs }) => {
  await page.routeWebSocket(/\/socket\.io\//, (socket) => void socket.close());
  await page.goto(`/runs/${await runs.live()}`);
  await expect(page.locator("[data-connection=polling]")).toBeVisible();
  await expect(chart(page, "throughput")).toBeVisible();
  await expectPoints(page, "throughput", (await pointsOf(page, "throughput")) + 4, 20_000);
  await look(page);
});

test("a page opened during a run gets its history", async ({ page, person, runs }) => {
  const run = await runs.live();
  await expect.poll(() => bucketsThere(person, run), { message: "buckets", timeout: LAUNCH_MS }).toBeGreaterThanOrEqual(20);
  const there = await bucketsThere(person, run);
  await page.goto(`/runs/${run}`);
  // Collected one by one, they would take longer.
  await expectPoints(page, "throughput", there, 10_000);
});

test("the JMeter log is on the page", async ({ page, runs }) => {
  await page.goto(`/runs/${await runs.live()}`);
  const log = page.getByRole("region", { name: "JMeter log" });
  await log.getByRole("button", { name: "worker-1" }).click();
  await expect(log.getByText(/INFO/).first()).toBeVisible();
});

test("stop ends the run, and the report replaces the charts", async ({ page, person, runs }) => {
  const run = await runs.live();
  await page.goto(`/runs/${run}`);
  await expect.poll(async () => (await person.get(`/runs/${run}`)).headline?.samples ?? 0, { message: "samples", timeout: LAUNCH_MS }).toBeGreaterThan(100);
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop", exact: true }).click();
  await expect(chip(page, "stopped")).toBeVisible({ timeout: LAUNCH_MS });
  await expect(page.getByRole("region", { name: "Distribution of response times" })).toBeVisible({ timeout: 30_000 });
  await expect(chip(page, "criteria met")).toBeVisible();
  const report = await person.get(`/runs/${run}/report`);
  expect(report.summary.total.samples).toBeGreaterThan(100);
  expect(report.summary.partial, "the report of a part of the run").not.toBe(null);
  expect(await pointsOf(page, "throughput")).toBe(bucketsOf(report.series.points, report.series.bucket_ms));
  await look(page);
});
