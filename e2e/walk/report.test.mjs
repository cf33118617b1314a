// The report of a run: its sections, labels, a time range, its samples and files.
import { readFileSync } from "node:fs";
import { expect, look, rowsOf } from "../fixtures.mjs";
import { chart, expectPoints } from "../chart.mjs";
import { test } from "./stories.mjs";

const count = (number) => number.toLocaleString("en-US");

test("the report's index links to its sections, whose charts are created when they are scrolled into view", async ({ page, person, runs }) => {
  const run = await runs.first();
  await page.goto(`/runs/${run}`);
  const index = page.getByRole("navigation", { name: "Sections of this page" });
  for (const [name, charts] of [
    ["Over time", ["mean", "bytes", "latency", "connect"]],
    ["Throughput", ["hits", "total-transactions", "transactions", "codes", "response-time-against-rate", "latency-against-rate"]],
    ["Response times", ["percentile-curve", "time-against-users"]],
  ]) {
    await index.getByRole("button", { name, exact: true }).click();
    for (const id of charts) await expectPoints(page, id, 1);
  }
  const report = await person.get(`/runs/${run}/report`);
  const hits = report.series.started.reduce((sum, each) => sum + each.samples, 0);
  expect(hits, "every sample started once").toBe(report.summary.total.samples);
  const { satisfied, tolerated, frustrated, failed } = report.profiles.total;
  expect(satisfied + tolerated + frustrated + failed).toBe(report.summary.total.samples);
  await index.getByRole("button", { name: "Errors", exact: true }).click();
  await expect(page.getByRole("region", { name: "Requests summary" })).toBeVisible();
  await look(page);
});

test("labels are selected for the charts, and a part of the run by dragging", async ({ page, runs }) => {
  await page.goto(`/runs/${await runs.first()}`);
  const labels = rowsOf(page, "labels").locator("label");
  await labels.nth(0).click();
  await labels.nth(1).click();
  await expect.poll(() => new URL(page.url()).searchParams.getAll("label").length).toBe(2);
  const drawn = chart(page, "response-times");
  await drawn.scrollIntoViewIfNeeded();
  const box = await drawn.boundingBox();
  await page.mouse.move(box.x + box.width * 0.4, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.7, box.y + 60, { steps: 5 });
  await page.mouse.up();
  const reset = page.getByRole("button", { name: /^Reset zoom/ });
  await expect(reset).toBeVisible();
  await expect(page).toHaveURL(/zoom=\d+-\d+/);
  await look(page);
  await page.reload();
  await expect(reset).toBeVisible();
  await expect(page.getByText("Showing 2 labels").first()).toBeVisible();
});

test("figures and table follow the zoom, and its reset", async ({ page, person, runs }) => {
  const run = await runs.first();
  const { summary, series } = await person.get(`/runs/${run}/report`);
  const [from, to] = [0.4, 0.7].map((share) => series.points[Math.floor(series.points.length * share)].t_ms);
  const part = await person.get(`/runs/${run}/report?from_ms=${from}&to_ms=${to}`);
  expect(part.interval).toEqual({ from_ms: from, to_ms: to });
  expect(part.summary.total.samples).toBeGreaterThan(0);
  expect(part.summary.total.samples).toBeLessThan(summary.total.samples);
  await page.goto(`/runs/${run}?zoom=${from}-${to}`);
  const samples = page.locator("[data-figure=samples] .figure-number");
  await expect(samples).toHaveText(count(part.summary.total.samples));
  await look(page);
  await page.getByRole("button", { name: "Show the whole run" }).click();
  await expect(samples).toHaveText(count(summary.total.samples));
  expect(new URL(page.url()).searchParams.has("zoom")).toBe(false);
});

test("samples are found, opened, and counted as in the report", async ({ page, person, runs }) => {
  const run = await runs.first();
  await page.goto(`/runs/${run}`);
  const { summary } = await person.get(`/runs/${run}/report`);
  const entry = summary.labels[0];
  const section = page.getByRole("region", { name: "Samples", exact: true });
  const found = section.getByRole("status");
  await rowsOf(page, "labels").filter({ hasText: entry.label }).first().getByRole("button", { name: /^Show samples of/ }).click();
  await expect(found).toContainText(`${count(entry.samples)} of `);
  await expect(page).toHaveURL(/find\.label=/);

  const form = page.getByRole("form", { name: "Search for samples" });
  const search = () => form.getByRole("button", { name: "Search" }).click();
  await form.getByLabel("Min response time").fill("soon");
  await search();
  await expect(form.getByLabel("Min response time")).toHaveAttribute("aria-invalid", "true");
  await form.getByLabel("Min response time").fill("");
  await form.getByLabel("Label").fill("");
  await form.getByLabel("Show").selectOption("slowest");
  await search();
  const all = await person.get(`/runs/${run}/samples?keep=slowest&limit=1`);
  expect(all.searched, "the search counts as the report does").toBe(summary.total.samples);
  expect(all.searched_transactions, "and counts transactions separately").toBeGreaterThan(0);
  await expect(found).toContainText(`${count(all.matched)} of ${count(all.searched)} samples and ${count(all.matched_transactions)} of ${count(all.searched_transactions)} transactions`);
  await rowsOf(page, "found").first().click();
  const dialog = page.getByRole("dialog", { name: "Sample" });
  await expect(dialog.getByText(all.samples[0].thread, { exact: true })).toBeVisible();
  await look(page);
  await dialog.getByRole("button", { name: "Close" }).last().click();

  await form.getByLabel("Label").fill("(");
  await search();
  await expect(section.getByRole("alert")).toBeVisible();
  await form.getByLabel("Label").fill("no such label");
  await search();
  await expect(found).toContainText(`0 of ${count(all.searched)} samples`);
  await look(page);
});

test("the artefacts can be downloaded, and report.html opens without a network", async ({ page, open, runs }, info) => {
  await page.goto(`/runs/${await runs.first()}`);
  const files = page.getByRole("region", { name: "Files of the run" });
  for (const name of ["results.jtl", "summary.json", "report.html", "nodes/master/jmeter.log"]) await expect(files.getByRole("link", { name })).toBeVisible();
  const [download] = await Promise.all([page.waitForEvent("download"), files.getByRole("link", { name: "report.html" }).click()]);
  const saved = info.outputPath("report.html");
  await download.saveAs(saved);
  expect(readFileSync(saved, "utf8").includes('id="jac-report">null<'), "the report has no data in it").toBe(false);
  const offline = await open({ offline: true, colorScheme: "dark" });
  const asked = [];
  offline.on("request", (request) => {
    if (/^(https?|wss?):/.test(request.url())) asked.push(request.url());
  });
  await offline.goto(`file://${saved}`);
  for (const id of ["throughput", "response-times", "errors", "active-users"]) await expectPoints(offline, id, 8);
  await look(offline);
  expect(asked).toEqual([]);
});
