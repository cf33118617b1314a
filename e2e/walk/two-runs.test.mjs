// A second run: differences before its start, comparisons, and the plan's trend.
import { chip, choose, expect, idOf, look, rowsOf } from "../fixtures.mjs";
import { chart, expectPoints } from "../chart.mjs";
import { LAUNCH_MS, test } from "./stories.mjs";

const menu = "More about this run";
const rowOf = (page, run) => rowsOf(page, "runs").filter({ has: page.locator(`a[href="/runs/${run}"]`) });
const expectRuns = (page, ...runs) => expect.poll(() => new URL(page.url()).searchParams.get("runs")).toBe(runs.join(","));

test("a plan is run again with the same settings, differences are shown before the start, and the run ends by itself", async ({ page, person, runs, freeCluster: _ }) => {
  const first = await runs.first();
  const before = await person.get(`/runs/${first}`);
  await page.goto(`/runs/${first}`);
  await page.getByRole("button", { name: "Run again" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByLabel("Cluster")).toHaveValue(before.cluster.id);
  await expect(dialog.getByLabel("threads", { exact: true })).toHaveValue("6");
  await dialog.getByLabel("duration", { exact: true }).fill("8");
  await expect(dialog.locator(".run-difference")).toContainText("duration 600 → 8");
  await expect(dialog.getByText("6 users on each of 2 workers = 12 users")).toBeVisible();
  await look(page);
  await dialog.getByRole("button", { name: "Start run" }).click();
  await expect.poll(() => idOf(page.url())).not.toBe(first);
  await expect(chip(page, "completed")).toBeVisible({ timeout: LAUNCH_MS });
  await expect(page.locator("[data-table=apdex]")).toBeVisible({ timeout: 30_000 });
  const again = await person.get(`/runs/${idOf(page.url())}`);
  expect(again.properties).toEqual({ ...before.properties, duration: "8" });
  for (const kept of ["split", "share", "warm_up_s", "stop_rules", "criteria_version", "plan_revision"]) expect(again[kept], kept).toEqual(before[kept]);
  await person.call("DELETE", `/runs/${again.id}`);
});

test("a run is compared with the previous one, from its menu", async ({ page, person, runs }) => {
  const [first, second] = await runs.both();
  await page.goto(`/runs/${second}`);
  await choose(page, menu, /^Compare with previous run/);
  await expectRuns(page, first, second);
  const { total, labels } = (await person.get(`/compare?runs=${first},${second}`)).comparisons[0];
  expect(total.change, "two runs of hundreds of samples are compared conclusively").not.toBe("unclear");
  await expect(page.getByRole("region", { name: "Differences" })).toContainText("600 → 20");
  for (const id of ["compare-throughput", "compare-p95", "compare-errors", "compare-percentiles"]) await expectPoints(page, id, 8);
  await expect(rowsOf(page, "changes"), "each label and the total").toHaveCount(labels.length + 1);
  await look(page);
  await page.getByRole("button", { name: "Only changes" }).click();
  await expect(page).toHaveURL(/changes=1/);
});

test("runs selected in the list are compared, with the earliest as the baseline", async ({ page, runs }) => {
  const [first, second] = await runs.both();
  await page.goto("/runs");
  await rowOf(page, second).getByRole("checkbox").check();
  await expect(page.getByRole("button", { name: /^Compare/ })).toBeDisabled();
  await rowOf(page, first).getByRole("checkbox").check();
  await page.getByRole("button", { name: "Compare 2" }).click();
  await expectRuns(page, first, second);
  await expect(rowsOf(page, "results").nth(1)).toBeVisible();
  await page.getByRole("button", { name: "Set as baseline" }).click();
  await expectRuns(page, second, first);
  await page.goto(`/compare?runs=${first}`);
  await expect(page.locator(".empty")).toBeVisible();
});

test("a label of the compared runs is charted over the time since their starts", async ({ page, person, runs }) => {
  const [first, second] = await runs.both();
  await page.goto(`/compare?runs=${first},${second}`);
  const series = await person.get(`/compare/series?runs=${first},${second}&label=Login`);
  for (const { points } of series.runs) expect(points.length, "points of the label").toBeGreaterThan(8);
  await page.getByLabel("Label in the charts over time").selectOption("Login");
  await expectPoints(page, "compare-throughput", 8);
  await expect(page).toHaveURL(/label=Login/);
  await look(page);
});

test("a run is marked as the baseline", async ({ page, person, runs }) => {
  const first = await runs.first();
  await page.goto(`/runs/${first}`);
  await choose(page, menu, /^Set as baseline/);
  await expect(page.getByRole("img", { name: "Baseline" })).toBeVisible();
  expect((await person.get(`/runs/${first}`)).baseline).toBe(true);
  await choose(page, menu, /^Remove as baseline/);
  await expect(page.getByRole("img", { name: "Baseline" })).toHaveCount(0);
});

test("a run gets tags and a note, by which it is found", async ({ page, runs }) => {
  const first = await runs.first();
  const tag = `nightly ${first}`;
  await page.goto(`/runs/${first}`);
  const dialog = await choose(page, menu, "Tags and note…");
  await dialog.getByLabel("Tags").fill("short, x".padEnd(60, "x"));
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.locator(".field-fault")).toBeVisible();
  await dialog.getByLabel("Tags").fill(`short, ${tag}`);
  await dialog.getByLabel("Note").fill("The cache was warm.");
  await look(page);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByText("The cache was warm.")).toBeVisible();
  await page.getByRole("link", { name: tag }).click();
  await expect.poll(() => new URL(page.url()).searchParams.get("tag")).toBe(tag);
  await expect(rowOf(page, first)).toBeVisible();
  await expect(rowsOf(page, "runs")).toHaveCount(1);
});

test("the plan shows the trend of its runs, and a click on one opens it", async ({ page, person, runs }) => {
  const [first, second] = await runs.both();
  await page.goto(`/plans/${runs.plan.id}`);
  const trend = page.getByRole("region", { name: "Trend" });
  for (const id of ["trend-times", "trend-rate", "trend-errors"]) await expectPoints(page, id, 2);
  const { items } = await person.get(`/plans/${runs.plan.id}/trend`);
  // The stopped run of other stories is before them.
  expect(items.map(({ run }) => run).slice(0, 2)).toEqual([second, first]);
  await trend.getByLabel("Label").selectOption("Login");
  await expect(page).toHaveURL(/trend\.label=Login/);
  await look(page);
  const drawn = chart(page, "trend-times");
  await drawn.scrollIntoViewIfNeeded();
  const box = await drawn.boundingBox();
  await page.mouse.click(box.x + box.width - 60, box.y + 80);
  await expect(page).toHaveURL(`/runs/${second}`);
});
