// The report of a run: its sections, labels, a time range, its samples and files.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { look } from "../accessible.mjs";
import { openPage } from "../browser.mjs";
import { canvas, waitForPoints } from "../chart.mjs";
import { api, browser, page, step, walked } from "./walk.mjs";

step("the report's index links to its sections, whose charts are created when they are scrolled into view", async () => {
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
  const report = await api(`/runs/${walked.runId}/report`);
  const hits = report.series.started.reduce((sum, each) => sum + each.samples, 0);
  assert.equal(hits, report.summary.total.samples, "every sample started once");
  const { satisfied, tolerated, frustrated, failed } = report.profiles.total;
  assert.equal(satisfied + tolerated + frustrated + failed, report.summary.total.samples);
  await index.getByRole("button", { name: "Errors", exact: true }).click();
  await page.getByRole("region", { name: "Requests summary" }).waitFor();
  await look(page, "report-sections");
});

step("labels are selected for the charts", async () => {
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

step("figures and table follow the zoom, and its reset", async () => {
  const [from, to] = new URL(page.url()).searchParams.get("zoom").split("-");
  const part = await api(`/runs/${walked.runId}/report?from_ms=${from}&to_ms=${to}`);
  assert.deepEqual(part.interval, { from_ms: Number(from), to_ms: Number(to) });
  assert.ok(part.summary.total.samples > 0 && part.summary.total.samples < (await api(`/runs/${walked.runId}/report`)).summary.total.samples);
  await page.getByRole("button", { name: "Clear selection" }).click();
  const samples = page.locator("[data-figure=samples] .figure-number");
  await samples.filter({ hasText: new RegExp(`^${part.summary.total.samples.toLocaleString("en-US")}$`) }).waitFor();
  await page.getByText(/ of the run$/).waitFor();
  await look(page, "report-part");
  await page.getByRole("button", { name: "Show the whole run" }).click();
  await page.waitForURL((url) => !url.searchParams.has("zoom"));
});

const found = (text) => page.getByRole("region", { name: "Samples", exact: true }).getByRole("status").filter({ hasText: text });
step("samples are found, opened, and counted as in the report", async () => {
  const { summary } = await api(`/runs/${walked.runId}/report`);
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
  const all = await api(`/runs/${walked.runId}/samples?keep=slowest&limit=1`);
  assert.equal(all.searched, summary.total.samples, "the search counts as the report does");
  assert.ok(all.searched_transactions > 0, "and counts transactions separately");
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

step("the artefacts can be downloaded, and report.html opens without a network", async () => {
  const files = page.getByRole("region", { name: "Files of the run" });
  for (const name of ["results.jtl", "summary.json", "report.html", "nodes/master/jmeter.log"]) await files.getByRole("link", { name }).waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), files.getByRole("link", { name: "report.html" }).click()]);
  const path = await download.path();
  assert.ok(!readFileSync(path, "utf8").includes('id="jac-report">null<'), "the report has no data in it");
  const saved = fileURLToPath(new URL("../screenshots/report.html", import.meta.url));
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
