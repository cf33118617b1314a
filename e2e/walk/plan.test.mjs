// A plan: rejected, uploaded and checked, renamed and copied, with its own criteria and files to keep.
import { answerTo, choose, expect, expectRefused, idOf, look } from "../fixtures.mjs";
import { shop } from "../session.mjs";
import { test } from "./stories.mjs";

const menu = "More about this plan";

test("a file that is not a plan is rejected with an explanation", async ({ page }) => {
  await page.goto("/plans");
  const broken = { name: "broken.jmx", mimeType: "application/xml", buffer: Buffer.from("<jmeterTestPlan><hashTree>") };
  const answer = await answerTo(page, "/plans", () => page.locator("[data-upload=files]").setInputFiles(broken));
  expect(answer[0]).toBe(400);
  await expect(page.getByRole("alert")).toContainText(answer[1]);
  await look(page);
});

test("the shop is uploaded and checked, and shows its outline and its users over time", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("link", { name: "Plans" }).first().click();
  await page.locator("[data-upload=files]").setInputFiles([shop("shop.jmx"), shop("users.csv")]);
  await expect(page).toHaveURL(/\/plans\/p-[^/]+$/, { timeout: 30_000 });
  await expect(page.locator(".note-good")).toBeVisible();
  await expect(page.getByRole("region", { name: "Thread groups" }).getByRole("row").nth(1)).toBeVisible();
  await expect(page.getByRole("region", { name: "Files of the plan" })).toContainText("users.csv");
  const outline = page.getByRole("region", { name: "Outline of the plan" });
  await expect(outline.getByText("Thread Group", { exact: true }).first()).toBeVisible();
  await expect(outline.getByText(/^GET /).first()).toBeVisible();
  await expect(page.getByRole("figure", { name: /^Users over time: up to/ })).toBeVisible();
  await look(page);
});

test("a plan is renamed, copied, and the copy deleted", async ({ page, plan }) => {
  await page.goto(`/plans/${plan.id}`);
  const dialog = await choose(page, menu, "Rename");
  const name = dialog.getByLabel("Name");
  await name.fill(" ");
  await dialog.getByRole("button", { name: "Rename" }).click();
  await expectRefused(name);
  await name.fill("The shop");
  await dialog.getByRole("button", { name: "Rename" }).click();
  await expect(page.getByRole("heading", { name: "The shop", exact: true })).toBeVisible();
  await choose(page, menu, /^Duplicate/);
  await expect(name).toHaveValue("The shop (copy)");
  await look(page);
  await dialog.getByRole("button", { name: "Duplicate" }).click();
  await expect(page.getByRole("heading", { name: "The shop (copy)", exact: true })).toBeVisible();
  expect(idOf(page.url())).not.toBe(plan.id);
  await expect(page.getByRole("region", { name: "Files of the plan" })).toContainText("users.csv");
  const copy = idOf(page.url());
  await choose(page, menu, /^Delete/);
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(page).toHaveURL("/plans");
  await expect(page.locator(`[data-table=plans] a[href="/plans/${plan.id}"]`).first()).toBeVisible();
  await expect(page.locator(`[data-table=plans] a[href="/plans/${copy}"]`)).toHaveCount(0);
});

test("a plan stores criteria, in a new version", async ({ page, plan, person }) => {
  await page.goto(`/plans/${plan.id}`);
  const kept = page.getByRole("region", { name: "Criteria of the plan" });
  await expect(kept).toContainText("error rate ≥ 90");
  await kept.getByRole("button", { name: "Edit" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Add criterion" }).click();
  await dialog.getByLabel("Limit").first().fill("50");
  await dialog.getByLabel("Warm-up").fill("2");
  await dialog.getByRole("button", { name: "Add rule" }).click();
  await dialog.getByLabel("Metric").last().selectOption("generator_cpu_percent");
  await dialog.getByLabel("Time").last().fill("0");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.locator(".field-fault")).toBeVisible();
  await dialog.getByRole("button", { name: /^Remove rule/ }).last().click();
  await look(page);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(kept).toContainText("version 2");
  await expect(kept).toContainText("error rate > 50");
  const { criteria } = await person.get(`/plans/${plan.id}`);
  expect(criteria).toEqual({ version: 2, criteria: ["error_percent > 50%"], warm_up_s: 2, stop_rules: ["error_percent >= 90% for 60s"] });
});

test("files that the plan writes are listed, and kept from then on", async ({ page, plan, person }) => {
  await page.goto(`/plans/${plan.id}`);
  const dialog = await choose(page, menu, /Files to keep/);
  await dialog.getByLabel("Patterns").fill("../*.csv");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expectRefused(dialog.getByLabel("Patterns"));
  await look(page);
  await dialog.getByLabel("Patterns").fill("*.csv\nscreens/**/*.png");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.locator(".page-facts")).toContainText("*.csv, screens/**/*.png");
  expect((await person.get(`/plans/${plan.id}`)).keep).toEqual(["*.csv", "screens/**/*.png"]);
});
