// A person's first hour with JAC, in a real browser: sign in, upload the shop, make a cluster of two workers, run, watch, lose the
// connection, stop, read the report, search its samples, run again and compare, schedule the plan, remove the cluster.
//
//   JAC_E2E_URL      where the server is, e.g. http://127.0.0.1:8080
//   JAC_E2E_LINK     an unused sign-in link (`jac admin link`)
//   JAC_E2E_TARGET   host:port of `jac demo-target` (127.0.0.1:8081)
//   CHROMIUM         the browser, where it is in no usual place
//   JAC_E2E_MAX_LATENCY_MS   from a sample's end to the chart, 9 of 10 samples (2500)
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { look } from "./accessible.mjs";
import { launch, openPage } from "./browser.mjs";
import { canvas, pointsOf, quantile, waitForPoints, watchLatency } from "./chart.mjs";
import { stepsOn } from "./steps.mjs";

const base = process.env.JAC_E2E_URL?.replace(/\/$/, "");
const link = process.env.JAC_E2E_LINK;
const [targetHost, targetPort] = (process.env.JAC_E2E_TARGET ?? "127.0.0.1:8081").split(":");
const maxLatency = Number(process.env.JAC_E2E_MAX_LATENCY_MS ?? 2500);
const shop = (name) => fileURLToPath(new URL(`../examples/shop/${name}`, import.meta.url));
const LAUNCH_MS = 120_000;

let browser;
let page;
let faults;
/** The page's own WebSockets, so that the walk can break them. */
const sockets = [];
let broken = false;

before(async () => {
  assert.ok(base && link, "Set JAC_E2E_URL and JAC_E2E_LINK: where the server is, and an unused sign-in link.");
  browser = await launch();
  ({ page, faults } = await openPage(browser));
  await page.routeWebSocket(/\/socket\.io\//, (socket) => {
    if (broken) return void socket.close();
    sockets.push(socket);
    socket.connectToServer();
  });
  // Without a WebSocket the page asks again and again, which a lost connection lets through as little.
  await page.route(/\/socket\.io\//, (route) => (broken ? route.abort() : route.continue()));
});

after(async () => {
  await browser?.close();
});

const step = stepsOn(() => page, "failed");

const head = (text) => page.locator(".page-title .chip", { hasText: text });
/** How many buckets lie between the first and the last: the page shows those without a sample too. */
const bucketsOf = (points, width) => (points.length === 0 ? 0 : (points.at(-1).t_ms - points[0].t_ms) / width + 1);
// The page's half of the session goes along, as the page itself sends it.
const api = async (path) => {
  const secret = await page.evaluate(() => localStorage.getItem("jac.page"));
  return (await page.request.get(`${base}/api/v1${path}`, { headers: { "X-JAC-Page": secret } })).json();
};

step("somebody without a link is told where to get one", async () => {
  const { context, page: stranger } = await openPage(browser);
  await stranger.goto(`${base}/runs`);
  await stranger.getByText("jac admin link").waitFor();
  await context.close();
});

step("the sign-in link signs in", async () => {
  await page.goto(link);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  assert.equal(new URL(page.url()).pathname, "/");
  await look(page, "overview");
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

step("the overview fits a telephone, its pages behind a menu", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole("button", { name: "Menu" }).click();
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Schedules" }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0, "nothing is wider than the screen");
  await look(page, "telephone");
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

step("a file that is not a plan is refused in words", async () => {
  await page.getByRole("link", { name: "Plans" }).first().click();
  await page.setInputFiles("[data-upload=files]", { name: "broken.jmx", mimeType: "application/xml", buffer: Buffer.from("<jmeterTestPlan><hashTree>") });
  await page.getByRole("alert").waitFor();
  await look(page, "refused");
});

let planUrl;
step("the shop is uploaded and checked", async () => {
  await page.setInputFiles("[data-upload=files]", [shop("shop.jmx"), shop("users.csv")]);
  await page.waitForURL(/\/plans\/[^/]+$/, { timeout: 30_000 });
  planUrl = page.url();
  await page.getByText("No problems found").waitFor();
  await page.getByRole("region", { name: "Thread groups" }).getByRole("row").nth(1).waitFor();
  await page.getByRole("region", { name: "Files of the plan" }).getByText("users.csv").waitFor();
  await look(page, "plan");
});

step("the plan shows its outline and the shape of its load", async () => {
  const outline = page.getByRole("region", { name: "Outline of the plan" });
  await outline.getByText("Thread Group", { exact: true }).first().waitFor();
  await outline.getByText(/^GET /).first().waitFor();
  await page.getByRole("figure", { name: /^Users over time: up to/ }).waitFor();
});

step("the plan is renamed, and a copy of it is made and deleted", async () => {
  const menu = async (item) => {
    await page.getByRole("button", { name: "More about this plan" }).click();
    await page.getByRole("menuitem", { name: item }).click();
  };
  await menu("Rename");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(" ");
  await dialog.getByRole("button", { name: "Rename" }).click();
  await dialog.getByText("Enter a name.").waitFor();
  await dialog.getByLabel("Name").fill("The shop");
  await dialog.getByRole("button", { name: "Rename" }).click();
  await page.getByRole("heading", { name: "The shop", exact: true }).waitFor();
  await menu(/^Duplicate/);
  assert.equal(await dialog.getByLabel("Name").inputValue(), "The shop (copy)");
  await look(page, "duplicate");
  await dialog.getByRole("button", { name: "Duplicate" }).click();
  await page.waitForURL((url) => /\/plans\/p-/.test(url.pathname) && url.href !== planUrl);
  await page.getByRole("region", { name: "Files of the plan" }).getByText("users.csv").waitFor();
  await menu(/^Delete/);
  await dialog.getByRole("button", { name: "Delete" }).click();
  await page.waitForURL(/\/plans$/);
  await page.goto(planUrl);
  await menu("Rename");
  await dialog.getByLabel("Name").fill("shop");
  await dialog.getByRole("button", { name: "Rename" }).click();
  await page.getByRole("heading", { name: "shop", exact: true }).waitFor();
});

step("the plan keeps criteria, and its runs begin with them", async () => {
  const kept = page.getByRole("region", { name: "Criteria of the plan" });
  await kept.getByText("error rate ≥ 90").waitFor();
  await kept.getByRole("button", { name: "Edit" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Add criterion" }).click();
  await dialog.getByLabel("Limit").first().fill("50");
  await dialog.getByLabel("Warm-up").fill("2");
  await dialog.getByRole("button", { name: "Add rule" }).click();
  await dialog.getByLabel("Metric").last().selectOption("generator_cpu_percent");
  await dialog.getByLabel("Time").last().fill("0");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("The time must be").waitFor();
  await dialog.getByRole("button", { name: "Remove this rule" }).last().click();
  await look(page, "criteria");
  await dialog.getByRole("button", { name: "Save" }).click();
  await kept.getByText("version 2").waitFor();
  await kept.getByText("Fails if error rate > 50").waitFor();
});

let clusterUrl;
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
  clusterUrl = page.url();
  await head("ready").waitFor({ timeout: LAUNCH_MS });
  assert.equal(await page.getByRole("region", { name: "Nodes" }).getByText(/^(master|worker-\d)$/).count(), 3);
  await look(page, "cluster");
});

step("a try runs the plan once on one worker, and is marked and in no trend", async () => {
  await page.goto(planUrl);
  await page.getByRole("button", { name: "Try", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Cluster").selectOption(new URL(clusterUrl).pathname.split("/").at(-1));
  assert.equal(await dialog.getByLabel("Try run").isChecked(), true);
  await dialog.getByLabel("target.host", { exact: true }).fill(targetHost);
  // Nobody listens there, so that each sample fails.
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
  assert.deepEqual((await api(`/plans/${new URL(planUrl).pathname.split("/").at(-1)}/trend`)).items, []);
});

let runId;
step("a run is started with its own properties", async () => {
  await page.goto(planUrl);
  await page.getByRole("button", { name: "Start run" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Cluster").selectOption(new URL(clusterUrl).pathname.split("/").at(-1));
  await dialog.getByLabel("target.host", { exact: true }).fill(targetHost);
  await dialog.getByLabel("target.port", { exact: true }).fill(targetPort);
  await dialog.getByLabel("threads", { exact: true }).fill("6");
  await dialog.getByLabel("duration", { exact: true }).fill("180");
  await dialog.getByLabel("ramp_up", { exact: true }).fill("2");
  await dialog.getByText("Split users.csv").click();
  await dialog.getByText("of the plan (version 2)").waitFor();
  assert.equal(await dialog.getByLabel("Limit").first().inputValue(), "50");
  await look(page, "start");
  await dialog.getByRole("button", { name: "Start run" }).click();
  await page.waitForURL(/\/runs\/[^/]+$/);
  runId = new URL(page.url()).pathname.split("/").at(-1);
  await page.getByRole("region", { name: "Steps" }).waitFor();
  await look(page, "preparing");
});

step("points arrive on all four charts", async () => {
  await head("running").or(head("failed")).waitFor({ timeout: LAUNCH_MS });
  const told = page.locator(".note-failed");
  assert.equal(await told.count(), 0, (await told.allInnerTexts()).join(" "));
  for (const id of ["throughput", "response-times", "errors", "active-users"]) await waitForPoints(page, id, 8, 60_000);
  await page.locator("[data-table=labels] tbody tr").nth(2).waitFor();
  const run = await api(`/runs/${runId}`);
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

step("a label that is clicked in the live table has the charts and the figures", async () => {
  await page.locator("[data-table=labels] tbody label").filter({ hasText: "Login" }).click();
  await page.getByText("Showing 1 label").first().waitFor();
  assert.match(page.url(), /label=Login/);
  await waitForPoints(page, "throughput", 8, 20_000);
  const figure = page.locator("[data-figure=samples]");
  await figure.getByText(/^1 of \d+ labels$/).waitFor();
  const { summary } = await api(`/runs/${runId}/live?after=0`);
  const shown = Number((await figure.locator(".figure-number").innerText()).replaceAll(",", ""));
  assert.ok(shown > 0 && shown < summary.total.samples, `${shown} samples of one label, ${summary.total.samples} of all`);
  await look(page, "live-label");
  await page.getByRole("button", { name: "Clear selection" }).click();
  await figure.getByText(/^\d+ labels$/).waitFor();
});

step("a lost connection is said, and nothing is missing after it", async () => {
  broken = true;
  for (const socket of sockets.splice(0)) await socket.close().catch(() => undefined);
  await page.locator("[data-connection=lost]").waitFor();
  await page.waitForTimeout(4000);
  await look(page, "connection-lost");
  const during = await pointsOf(page, "throughput");
  broken = false;
  await page.locator("[data-connection=lost]").waitFor({ state: "detached", timeout: 30_000 });
  await waitForPoints(page, "throughput", during + 4, 20_000);
  const { points, bucket_ms } = await api(`/runs/${runId}/live?after=0`);
  const shown = await pointsOf(page, "throughput");
  const there = bucketsOf(points, bucket_ms);
  assert.ok(Math.abs(there - shown) <= 2, `the server has ${there} buckets, the page shows ${shown}`);
});

step("a page whose WebSocket is blocked follows the run by requests, and says so", async () => {
  const { context, page: behind, faults: thrown } = await openPage(browser, { storageState: await page.context().storageState() });
  await behind.routeWebSocket(/\/socket\.io\//, (socket) => void socket.close());
  await behind.goto(`${base}/runs/${runId}`);
  await behind.locator("[data-connection=polling]").waitFor();
  const shown = await pointsOf(behind, "throughput");
  await waitForPoints(behind, "throughput", shown + 4, 20_000);
  await look(behind, "polling");
  assert.deepEqual(thrown, []);
  await context.close();
});

step("a page opened in mid-run gets the history", async () => {
  const shown = await pointsOf(page, "throughput");
  await page.reload();
  await waitForPoints(page, "throughput", shown, 15_000);
});

step("the JMeter log is on the page", async () => {
  const log = page.getByRole("region", { name: "JMeter log" });
  await log.getByRole("tab", { name: "worker-1" }).click();
  await log.getByText(/INFO/).first().waitFor();
});

step("stop ends the run and the report takes the charts' place", async () => {
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop", exact: true }).click();
  await head("stopped").waitFor({ timeout: 120_000 });
  await page.getByRole("region", { name: "Distribution of response times" }).waitFor({ timeout: 30_000 });
  await head("criteria met").waitFor();
  await page.getByText(/partial/i).first().waitFor();
  const report = await api(`/runs/${runId}/report`);
  assert.ok(report.summary.total.samples > 100);
  assert.equal(await pointsOf(page, "throughput"), bucketsOf(report.series.points, report.series.bucket_ms));
  await look(page, "report");
});

step("the report's index leads to its sections, whose charts are made when they are seen", async () => {
  const index = page.getByRole("navigation", { name: "Sections of this page" });
  for (const [name, charts] of [
    ["Over time", ["mean", "bytes", "latency", "connect"]],
    ["Throughput", ["hits", "total-transactions", "transactions", "codes", "response-time-against-rate", "latency-against-rate"]],
    ["Response times", ["percentile-curve", "time-against-users"]],
  ]) {
    await index.getByRole("button", { name, exact: true }).click();
    for (const id of charts) {
      await page.locator(canvas(id)).scrollIntoViewIfNeeded();
      await waitForPoints(page, id, 1, 10_000);
    }
  }
  const report = await api(`/runs/${runId}/report`);
  const hits = report.series.started.reduce((sum, each) => sum + each.samples, 0);
  assert.equal(hits, report.summary.total.samples, "every sample started once");
  const { satisfied, tolerated, frustrated, failed } = report.profiles.total;
  assert.equal(satisfied + tolerated + frustrated + failed, report.summary.total.samples);
  await index.getByRole("button", { name: "Errors", exact: true }).click();
  await page.getByRole("region", { name: "Requests summary" }).waitFor();
  await look(page, "report-sections");
});

step("labels are chosen for the charts", async () => {
  const rows = page.locator("[data-table=labels] tbody label");
  await rows.nth(0).click();
  await rows.nth(1).click();
  await page.getByText("Showing 2 labels").first().waitFor();
  assert.match(page.url(), /label=/);
  const chart = page.locator(canvas("response-times"));
  await chart.scrollIntoViewIfNeeded();
  const box = await chart.boundingBox();
  await page.mouse.move(box.x + box.width * 0.4, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.7, box.y + 60, { steps: 5 });
  await page.mouse.up();
  await page.getByRole("button", { name: /^Reset zoom/ }).waitFor();
  assert.match(page.url(), /zoom=\d+-\d+/);
  await look(page, "report-labels");
  await page.reload();
  await page.getByRole("button", { name: /^Reset zoom/ }).waitFor();
  await page.getByText("Showing 2 labels").first().waitFor();
});

step("figures and table follow the zoom, and go back", async () => {
  const [from, to] = new URL(page.url()).searchParams.get("zoom").split("-");
  const part = await api(`/runs/${runId}/report?from_ms=${from}&to_ms=${to}`);
  assert.deepEqual(part.interval, { from_ms: Number(from), to_ms: Number(to) });
  assert.ok(part.summary.total.samples > 0 && part.summary.total.samples < (await api(`/runs/${runId}/report`)).summary.total.samples);
  await page.getByRole("button", { name: "Clear selection" }).click();
  const samples = page.locator("[data-figure=samples] .figure-number");
  await samples.filter({ hasText: new RegExp(`^${part.summary.total.samples.toLocaleString("en-US")}$`) }).waitFor();
  await page.getByText(/ of the run$/).waitFor();
  await look(page, "report-part");
  await page.getByRole("button", { name: "Show the whole run" }).click();
  await page.waitForURL((url) => !url.searchParams.has("zoom"));
});

const found = (text) => page.getByRole("region", { name: "Samples", exact: true }).getByRole("status").filter({ hasText: text });
step("single samples are found, opened, and counted as in the report", async () => {
  const { summary } = await api(`/runs/${runId}/report`);
  const entry = summary.labels[0];
  const row = page.locator("[data-table=labels] tbody tr").filter({ hasText: entry.label }).first();
  await row.getByRole("button", { name: /^Show samples of/ }).click();
  const count = (number) => number.toLocaleString("en-US");
  await found(`${count(entry.samples)} of `).waitFor();
  assert.match(page.url(), /find\.label=/);

  const form = page.getByRole("form", { name: "Search for samples" });
  await form.getByLabel("Min response time").fill("soon");
  await form.getByRole("button", { name: "Search" }).click();
  await form.getByText("Must be whole milliseconds.").waitFor();
  await form.getByLabel("Min response time").fill("");
  await form.getByLabel("Label").fill("");
  await form.getByLabel("Show").selectOption("slowest");
  await form.getByRole("button", { name: "Search" }).click();
  const all = await api(`/runs/${runId}/samples?keep=slowest&limit=1`);
  assert.equal(all.searched, summary.total.samples, "the search counts as the report does");
  assert.ok(all.searched_transactions > 0, "and tells transactions apart");
  await found(`${count(all.matched)} of ${count(all.searched)} samples and ${count(all.matched_transactions)} of ${count(all.searched_transactions)} transactions match`).waitFor();
  const first = page.locator("[data-table=found] tbody tr").first();
  await first.click();
  const dialog = page.getByRole("dialog", { name: "Sample" });
  await dialog.getByText(all.samples[0].thread, { exact: true }).waitFor();
  await look(page, "sample");
  await dialog.getByRole("button", { name: "Close" }).last().click();

  await form.getByLabel("Label").fill("(");
  await form.getByRole("button", { name: "Search" }).click();
  await page.getByRole("region", { name: "Samples", exact: true }).getByRole("alert").waitFor();
  await form.getByLabel("Label").fill("no such label");
  await form.getByRole("button", { name: "Search" }).click();
  await page.getByText(/^No samples match/).waitFor();
  await look(page, "samples-none");
});

step("the artefacts are there, and report.html opens without a network", async () => {
  const files = page.getByRole("region", { name: "Files of the run" });
  for (const name of ["results.jtl", "summary.json", "report.html", "nodes/master/jmeter.log"]) await files.getByRole("link", { name }).waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), files.getByRole("link", { name: "report.html" }).click()]);
  const path = await download.path();
  assert.ok(!readFileSync(path, "utf8").includes('id="jac-report">null<'), "the report has no data in it");
  const saved = fileURLToPath(new URL("./screenshots/report.html", import.meta.url));
  await download.saveAs(saved);
  const { context, page: offline, faults: offlineFaults } = await openPage(browser, { offline: true, colorScheme: "dark" });
  const asked = [];
  offline.on("request", (request) => {
    if (/^(https?|wss?):/.test(request.url())) asked.push(request.url());
  });
  await offline.goto(`file://${saved}`);
  for (const id of ["throughput", "response-times", "errors", "active-users"]) await waitForPoints(offline, id, 8, 10_000);
  await look(offline, "offline-report");
  assert.deepEqual(asked, []);
  assert.deepEqual(offlineFaults, []);
  await context.close();
});

let secondId;
step("it is run again with what it had, what is different is said before the start, and it ends by itself", async () => {
  const before = await api(`/runs/${runId}`);
  await page.goto(`${base}/runs/${runId}`);
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
  await page.waitForURL((url) => /\/runs\/r-/.test(url.pathname) && !url.pathname.endsWith(runId));
  secondId = new URL(page.url()).pathname.split("/").at(-1);
  await head("completed").waitFor({ timeout: LAUNCH_MS });
  await page.locator("[data-table=apdex]").waitFor({ timeout: 30_000 });
  const again = await api(`/runs/${secondId}`);
  assert.deepEqual(again.properties, { ...before.properties, duration: "20" });
  for (const kept of ["split", "share", "warm_up_s", "stop_rules", "criteria_version", "plan_revision"]) assert.deepEqual(again[kept], before[kept], kept);
});

step("a run is compared with the one before, from its menu", async () => {
  await page.getByRole("button", { name: "More about this run" }).click();
  await page.getByRole("menuitem", { name: /^Compare with previous run/ }).click();
  await page.waitForURL(/\/compare\?/);
  assert.equal(new URL(page.url()).searchParams.get("runs"), `${runId},${secondId}`);
  const comparison = await api(`/compare?runs=${runId},${secondId}`);
  const { outcome, total, labels } = comparison.comparisons[0];
  assert.notEqual(total.change, "unclear", "two runs of hundreds of samples are compared conclusively");
  const said = { worse: "is worse than", mixed: "is in part worse than", better: "is better than", same: "No significant difference between" };
  await page.getByText(said[outcome]).waitFor();
  await page.getByRole("region", { name: "What was different" }).getByText("180 → 20").waitFor();
  for (const id of ["compare-throughput", "compare-p95", "compare-errors", "compare-percentiles"]) await waitForPoints(page, id, 8, 10_000);
  const rows = page.locator("[data-table=changes] tbody tr");
  assert.equal(await rows.count(), labels.length + 1, "each label and the total");
  await look(page, "compare");
  await page.getByRole("button", { name: "Only changes" }).click();
  assert.match(page.url(), /changes=1/);
});

step("runs that are marked in the list are compared, the earliest as the baseline", async () => {
  await page.getByRole("link", { name: "Runs" }).first().click();
  const row = (id) => page.locator("[data-table=runs] tbody tr").filter({ has: page.locator(`a[href="/runs/${id}"]`) });
  await row(secondId).getByRole("checkbox").check();
  assert.ok(await page.getByRole("button", { name: /^Compare/ }).isDisabled());
  await row(runId).getByRole("checkbox").check();
  await page.getByRole("button", { name: "Compare 2" }).click();
  await page.waitForURL(/\/compare\?/);
  assert.equal(new URL(page.url()).searchParams.get("runs"), `${runId},${secondId}`);
  await page.locator("[data-table=results] tbody tr").nth(1).waitFor();
  await page.getByRole("button", { name: "Set as baseline" }).click();
  await page.waitForFunction((wanted) => new URLSearchParams(location.search).get("runs") === wanted, `${secondId},${runId}`);
  await page.goto(`${base}/compare?runs=${runId}`);
  await page.getByText("Nothing to compare.").waitFor();
});

step("one label of compared runs is drawn over the time since their starts", async () => {
  await page.goto(`${base}/compare?runs=${runId},${secondId}`);
  const { runs } = await api(`/compare/series?runs=${runId},${secondId}&label=Login`);
  assert.ok(runs.every(({ points }) => points.length > 8), "both runs have points of the label");
  await page.getByLabel("Label in the charts over time").selectOption("Login");
  await waitForPoints(page, "compare-throughput", 8, 10_000);
  assert.match(page.url(), /label=Login/);
  await look(page, "compare-label");
});

step("runs are marked: one as the baseline, another with a tag and a note, by which it is found", async () => {
  await page.goto(`${base}/runs/${runId}`);
  await page.getByRole("button", { name: "More about this run" }).click();
  await page.getByRole("menuitem", { name: /^Set as baseline/ }).click();
  await page.getByRole("img", { name: "Baseline" }).waitFor();
  await page.goto(`${base}/runs/${secondId}`);
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
  await rows.filter({ has: page.locator(`a[href="/runs/${secondId}"]`) }).waitFor();
  assert.equal(await rows.count(), 1);
});

step("the plan shows how its runs went, and a click on one opens it", async () => {
  await page.goto(planUrl);
  const trend = page.getByRole("region", { name: "Trend" });
  await trend.getByText(/^2 runs, the newest at the right/).waitFor();
  for (const id of ["trend-times", "trend-rate", "trend-errors"]) await waitForPoints(page, id, 2, 10_000);
  const told = await api(`/plans/${new URL(planUrl).pathname.split("/").at(-1)}/trend`);
  assert.equal(told.baseline.run, runId);
  assert.deepEqual(told.items.map(({ run }) => run), [secondId, runId]);
  await trend.getByLabel("Label").selectOption("Login");
  assert.match(page.url(), /trend\.label=Login/);
  await look(page, "trend");
  const chart = page.locator(canvas("trend-times"));
  await chart.scrollIntoViewIfNeeded();
  const box = await chart.boundingBox();
  await page.mouse.click(box.x + box.width - 60, box.y + 80);
  await page.waitForURL(new RegExp(`/runs/${secondId}$`));
});

step("a schedule shows its next times, is tried by hand on a cluster of its own, and its run names it", async () => {
  await page.getByRole("link", { name: "Schedules" }).first().click();
  await page.getByText("No schedules yet.").waitFor();
  await look(page, "schedules-empty");
  await page.getByRole("button", { name: "New schedule" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Plan", { exact: true }).selectOption(new URL(planUrl).pathname.split("/").at(-1));
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
  await row.getByText("finished").waitFor({ timeout: LAUNCH_MS });
  await look(page, "schedule");
  await row.getByRole("link").click();
  await head("completed").waitFor();
  await page.locator(".page-facts").getByText("started by hand").waitFor();
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

step("the cluster is removed; plan and run stay", async () => {
  await page.goto(clusterUrl);
  await page.getByRole("button", { name: "More about this cluster" }).click();
  await page.getByRole("menuitem", { name: /Terminate/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Terminate" }).click();
  await head("terminated").waitFor({ timeout: 60_000 });
  await page.getByRole("link", { name: "Runs" }).first().click();
  await page.locator(`[data-table=runs] a[href="/runs/${runId}"]`).waitFor();
  await look(page, "runs");
  await page.goto(planUrl);
  await page.getByText("No problems found").waitFor();
});

step("files that the plan writes are named, and kept from then on", async () => {
  await page.goto(planUrl);
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

step("a result log from elsewhere becomes a run with a report and a trend", async () => {
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

step("no page threw an error", () => assert.deepEqual(faults, []));
