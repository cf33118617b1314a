// An Amazon EC2 cluster against the lab's machines; `scripts/test lab` starts what it needs: a server on loopback with the lab's
// AWS_ENDPOINT_URL and without keys, and a target on an address that the lab's machines can reach.
import { chip, choose, expect, idOf, look, test as common } from "./fixtures.mjs";
import { launchApart } from "./browser.mjs";
import { expectPoints } from "./chart.mjs";

const { JAC_E2E_KEY: key, JAC_E2E_SECRET: secret } = process.env;
const [targetHost, targetPort] = (process.env.JAC_E2E_TARGET ?? "").split(":");
/** Machines boot, and get JMeter, while this machine does other work. */
const LAUNCH_MS = 300_000;

const test = common.extend({
  browser: [
    async ({ admin }, use) => {
      const browser = await launchApart(Number(new URL(admin.base).port));
      await use(browser);
      await browser.close();
    },
    { scope: "worker" },
  ],
  /** A cluster whose name no other story has, terminated in any case. */
  clusterName: async ({ admin }, use) => {
    await use("cloud walk");
    for (const { id, name, phase } of (await admin.get("/clusters")).items) if (name === "cloud walk" && !["terminating", "terminated"].includes(phase)) await admin.post(`/clusters/${id}/terminate`);
  },
  /** Saved credentials. */
  credentials: async ({ admin }, use) => {
    const saved = await admin.post("/credentials", { name: "walk", aws: { access_key_id: key, secret_access_key: secret } });
    await use(saved);
    // After a failure, a cluster that is still being terminated needs them.
    await admin.call("DELETE", `/credentials/${saved.id}`).catch(() => undefined);
  },
});

// With two sets, the next story would have to choose one.
test.afterEach(async ({ admin }) => {
  for (const { id } of (await admin.get("/credentials")).filter(({ name }) => name === "lab")) await admin.call("DELETE", `/credentials/${id}`);
});

test.beforeAll(() => {
  if (!key || !secret || !targetPort) throw new Error("Set the variables that playwright.config.mjs names; scripts/test lab does.");
});

test("credentials are saved, and the secret is not shown again", async ({ page }) => {
  await page.goto("/settings/credentials");
  await page.getByRole("button", { name: "Add credentials" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Add credentials" });
  await dialog.getByLabel("Name", { exact: true }).fill("lab");
  await dialog.getByLabel("Access key ID", { exact: true }).fill(key);
  await dialog.getByLabel("Secret access key", { exact: true }).fill(secret);
  await dialog.getByRole("button", { name: "Test and save" }).click();
  await expect(dialog).toHaveCount(0, { timeout: 60_000 });
  const saved = page.getByRole("region", { name: "lab", exact: true });
  await expect(saved).toContainText(`…${key.slice(-4)}`);
  await expect(saved.getByText("tested", { exact: true })).toBeVisible();
  expect((await page.content()).includes(secret), "the secret is on the page").toBe(false);
  await look(page);
});

/** Starts a run of 6 users on the page of the plan. */
async function start(page, plan, cluster, duration) {
  await page.goto(`/plans/${plan.id}`);
  await page.getByRole("button", { name: "Start run" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Cluster", { exact: true }).selectOption(cluster);
  for (const [name, value] of Object.entries({ "target.host": targetHost, "target.port": targetPort, threads: "3", duration, ramp_up: "2" })) {
    await dialog.getByLabel(name, { exact: true }).fill(value);
  }
  await dialog.getByText("Split users.csv").click();
  await dialog.getByRole("button", { name: "Start run" }).click();
  await expect(page).toHaveURL(/\/runs\/r-[^/]+$/);
  return idOf(page.url());
}

// One story: machines take minutes to launch.
test("a cluster is checked, launched, runs a plan twice, and is terminated", async ({ page, admin, credentials: _, clusterName }) => {
  const plan = await admin.upload();
  let cluster;
  const machines = async () => (await admin.get("/machines")).machines.filter((machine) => machine.cluster_id === cluster);

  await test.step("it is configured, checked and requested", async () => {
    await page.goto("/clusters");
    await page.getByRole("button", { name: "New cluster" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Amazon EC2").check();
    await dialog.getByLabel("Workers", { exact: true }).fill("2");
    await dialog.getByLabel("Worker type", { exact: true }).fill("c6i.enormous");
    await dialog.getByLabel("Disk per machine", { exact: true }).fill("8");
    await dialog.getByLabel("Connect via", { exact: true }).selectOption("private");
    await dialog.getByLabel("JVM heap per node", { exact: true }).fill("256");
    await dialog.getByLabel("Name", { exact: true }).fill(clusterName);
    await dialog.getByRole("button", { name: "Check" }).click();
    await expect(dialog.getByText(/c6i\.enormous/).first()).toBeVisible();
    await look(page);
    await dialog.getByLabel("Worker type", { exact: true }).fill("c6i.large");
    await dialog.getByRole("button", { name: /^Check/ }).click();
    await expect(dialog.getByRole("button", { name: "Create cluster" })).toBeVisible({ timeout: 60_000 });
    await look(page);
    await dialog.getByRole("button", { name: "Create cluster" }).click();
    await expect(page).toHaveURL(/\/clusters\/c-[^/]+$/);
    cluster = idOf(page.url());
    await look(page);
  });

  await test.step("its machines launch, are listed, and become ready", async () => {
    await expect(chip(page, "ready").or(chip(page, "failed"))).toBeVisible({ timeout: LAUNCH_MS });
    await expect(page.locator(".note-failed")).toHaveText([]);
    await expect(page.getByRole("region", { name: "Nodes" }).getByText(/^(master|worker-\d)$/)).toHaveCount(3);
    await look(page);
    await page.goto("/machines");
    await expect(page.getByRole("link", { name: clusterName })).toHaveCount(3);
    expect(await machines()).toHaveLength(3);
    await look(page);
  });

  await test.step("a live run shows its samples and its nodes' load", async () => {
    const run = await start(page, plan, cluster, "240");
    await expect(chip(page, "running").or(chip(page, "failed"))).toBeVisible({ timeout: LAUNCH_MS });
    for (const id of ["throughput", "response-times", "errors", "active-users"]) await expectPoints(page, id, 8, 90_000);
    expect((await admin.get(`/runs/${run}`)).headline.active_users, "3 users on each of 2 workers").toBe(6);
    const nodes = page.getByRole("region", { name: "Nodes", exact: true });
    // A chart out of view is not updated.
    await nodes.scrollIntoViewIfNeeded();
    await expect(nodes.getByText(/CPU \d/).nth(2)).toBeVisible();
    await look(page);
  });

  await test.step("stopped, it has a report of what was measured", async () => {
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Stop", exact: true }).click();
    await expect(chip(page, "stopped")).toBeVisible({ timeout: 120_000 });
    await expect(page.getByRole("region", { name: "Distribution of response times" })).toBeVisible({ timeout: 30_000 });
    const { summary } = await admin.get(`/runs/${idOf(page.url())}/report`);
    expect(summary.total.samples).toBeGreaterThan(50);
    await look(page);
  });

  await test.step("the plan runs again on the same machines, to its end", async () => {
    const run = await start(page, plan, cluster, "15");
    await expect(chip(page, "completed").or(chip(page, "failed"))).toBeVisible({ timeout: LAUNCH_MS });
    const { summary } = await admin.get(`/runs/${run}/report`);
    expect(summary.total.samples).toBeGreaterThan(20);
    expect(summary.partial).toBe(null);
  });

  await test.step("it is terminated, and no machine is left", async () => {
    await page.goto(`/clusters/${cluster}`);
    await choose(page, "More about this cluster", /Terminate/);
    await page.getByRole("dialog").getByRole("button", { name: "Terminate" }).click();
    await expect(chip(page, "terminated")).toBeVisible({ timeout: 120_000 });
    await look(page);
    await page.goto("/machines");
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.getByRole("link", { name: clusterName })).toHaveCount(0);
    expect(await machines()).toEqual([]);
  });
});
