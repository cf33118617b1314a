// A plan: rejected, uploaded and checked, renamed and copied, with its own criteria.
import assert from "node:assert/strict";
import { look } from "../accessible.mjs";
import { page, shop, step, walked } from "./walk.mjs";

step("a file that is not a plan is rejected with an explanation", async () => {
  await page.getByRole("link", { name: "Plans" }).first().click();
  await page.setInputFiles("[data-upload=files]", { name: "broken.jmx", mimeType: "application/xml", buffer: Buffer.from("<jmeterTestPlan><hashTree>") });
  await page.getByRole("alert").waitFor();
  await look(page, "refused");
});

step("the shop is uploaded and checked", async () => {
  await page.setInputFiles("[data-upload=files]", [shop("shop.jmx"), shop("users.csv")]);
  await page.waitForURL(/\/plans\/[^/]+$/, { timeout: 30_000 });
  walked.planUrl = page.url();
  await page.getByText("No problems found").waitFor();
  await page.getByRole("region", { name: "Thread groups" }).getByRole("row").nth(1).waitFor();
  await page.getByRole("region", { name: "Files of the plan" }).getByText("users.csv").waitFor();
  await look(page, "plan");
});

step("the plan shows its outline and the number of users over time", async () => {
  const outline = page.getByRole("region", { name: "Outline of the plan" });
  await outline.getByText("Thread Group", { exact: true }).first().waitFor();
  await outline.getByText(/^GET /).first().waitFor();
  await page.getByRole("figure", { name: /^Users over time: up to/ }).waitFor();
});

step("the plan is renamed, copied, and the copy deleted", async () => {
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
  await page.waitForURL((url) => /\/plans\/p-/.test(url.pathname) && url.href !== walked.planUrl);
  await page.getByRole("region", { name: "Files of the plan" }).getByText("users.csv").waitFor();
  await menu(/^Delete/);
  await dialog.getByRole("button", { name: "Delete" }).click();
  await page.waitForURL(/\/plans$/);
  await page.goto(walked.planUrl);
  await menu("Rename");
  await dialog.getByLabel("Name").fill("shop");
  await dialog.getByRole("button", { name: "Rename" }).click();
  await page.getByRole("heading", { name: "shop", exact: true }).waitFor();
});

step("the plan stores criteria, and its runs start with them", async () => {
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
  await dialog.getByRole("button", { name: /^Remove rule/ }).last().click();
  await look(page, "criteria");
  await dialog.getByRole("button", { name: "Save" }).click();
  await kept.getByText("version 2").waitFor();
  await kept.getByText("Fails if error rate > 50").waitFor();
});
