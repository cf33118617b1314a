// An Amazon EC2 cluster, in a real browser against the lab's machines: save credentials, create it, upload, run, watch, stop, run
// again, terminate. `scripts/test lab` starts what it needs:
//
//   JAC_E2E_URL      the server's address, on loopback, with the lab's AWS_ENDPOINT_URL and without keys
//   JAC_E2E_LINK     an unused sign-in link (`jac admin link`)
//   JAC_E2E_TARGET   host:port of `jac demo-target`, on an address that the lab's machines can reach
//   JAC_E2E_KEY, JAC_E2E_SECRET   the access key that is saved
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { look } from "./accessible.mjs";
import { launchApart, openPage } from "./browser.mjs";
import { waitForPoints } from "./chart.mjs";
import { stepsOn } from "./steps.mjs";

const base = process.env.JAC_E2E_URL?.replace(/\/$/, "");
const { JAC_E2E_LINK: link, JAC_E2E_KEY: key, JAC_E2E_SECRET: secret } = process.env;
const [targetHost, targetPort] = (process.env.JAC_E2E_TARGET ?? "").split(":");
const shop = (name) => fileURLToPath(new URL(`../examples/shop/${name}`, import.meta.url));
/** Machines boot, and get JMeter, while this machine does other work. */
const LAUNCH_MS = 300_000;

let browser;
let page;
let faults;

before(async () => {
  assert.ok(base && link && key && secret && targetPort, "Set the variables that the head of this file names; scripts/test lab does.");
  browser = await launchApart(Number(new URL(base).port));
  ({ page, faults } = await openPage(browser));
});

after(async () => {
  await browser?.close();
});

const step = stepsOn(() => page, "cloud-failed");

const head = (text) => page.locator(".page-title .chip", { hasText: text });
// Includes the page's half of the session, as the page itself sends it.
const api = async (path) => {
  const secret = await page.evaluate(() => localStorage.getItem("jac.page"));
  return (await page.request.get(`${base}/api/v1${path}`, { headers: { "X-JAC-Page": secret } })).json();
};
const idOf = (url) => new URL(url).pathname.split("/").at(-1);

step("credentials are saved, and the secret is not shown again", async () => {
  await page.goto(link);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.goto(`${base}/settings/credentials`);
  await page.getByRole("button", { name: "Add credentials" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Add credentials" });
  await dialog.getByLabel("Name", { exact: true }).fill("lab");
  await dialog.getByLabel("Access key ID", { exact: true }).fill(key);
  await dialog.getByLabel("Secret access key", { exact: true }).fill(secret);
  await dialog.getByRole("button", { name: "Test and save" }).click();
  await dialog.waitFor({ state: "detached", timeout: 60_000 });
  const saved = page.getByRole("region", { name: "lab", exact: true });
  await saved.getByText(`…${key.slice(-4)}`).waitFor();
  await saved.getByText("tested", { exact: true }).waitFor();
  assert.ok(!(await page.content()).includes(secret), "the secret is on the page");
  await look(page, "cloud-credentials");
});

let planUrl;
step("the shop is uploaded", async () => {
  await page.getByRole("link", { name: "Plans" }).first().click();
  await page.setInputFiles("[data-upload=files]", [shop("shop.jmx"), shop("users.csv")]);
  await page.waitForURL(/\/plans\/[^/]+$/, { timeout: 30_000 });
  planUrl = page.url();
  await page.getByText("No problems found").waitFor();
});

let clusterUrl;
step("a cluster is configured, checked and requested", async () => {
  await page.getByRole("link", { name: "Clusters" }).first().click();
  await page.getByRole("button", { name: "New cluster" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Amazon EC2").check();
  await dialog.getByLabel("Workers", { exact: true }).fill("2");
  await dialog.getByLabel("Worker type", { exact: true }).fill("c6i.enormous");
  await dialog.getByLabel("Disk per machine", { exact: true }).fill("8");
  await dialog.getByLabel("Connect via", { exact: true }).selectOption("private");
  await dialog.getByLabel("JVM heap per node", { exact: true }).fill("256");
  await dialog.getByLabel("Name", { exact: true }).fill("cloud walk");
  await dialog.getByRole("button", { name: "Check" }).click();
  await dialog.getByText(/c6i\.enormous/).first().waitFor();
  await look(page, "cloud-check-faults");
  await dialog.getByLabel("Worker type", { exact: true }).fill("c6i.large");
  await dialog.getByRole("button", { name: /^Check/ }).click();
  await dialog.getByRole("button", { name: "Create cluster" }).waitFor({ timeout: 60_000 });
  await look(page, "cloud-check");
  await dialog.getByRole("button", { name: "Create cluster" }).click();
  await page.waitForURL(/\/clusters\/[^/]+$/);
  clusterUrl = page.url();
  await look(page, "cloud-launching");
});

step("its machines launch, are listed with their price, and become ready", async () => {
  await head("ready").or(head("failed")).waitFor({ timeout: LAUNCH_MS });
  const failures = page.locator(".note-failed");
  assert.equal(await failures.count(), 0, (await failures.allInnerTexts()).join(" "));
  assert.equal(await page.getByRole("region", { name: "Nodes" }).getByText(/^(master|worker-\d)$/).count(), 3);
  await look(page, "cloud-ready");
  await page.goto(`${base}/machines`);
  await page.getByRole("link", { name: "cloud walk" }).first().waitFor();
  const { machines } = await api("/machines");
  assert.equal(machines.filter((machine) => machine.cluster_id === idOf(clusterUrl)).length, 3);
  await look(page, "cloud-machines");
});

async function start(duration) {
  await page.goto(planUrl);
  await page.getByRole("button", { name: "Start run" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Cluster", { exact: true }).selectOption(idOf(clusterUrl));
  await dialog.getByLabel("target.host", { exact: true }).fill(targetHost);
  await dialog.getByLabel("target.port", { exact: true }).fill(targetPort);
  await dialog.getByLabel("threads", { exact: true }).fill("3");
  await dialog.getByLabel("duration", { exact: true }).fill(String(duration));
  await dialog.getByLabel("ramp_up", { exact: true }).fill("2");
  await dialog.getByText("Split users.csv").click();
  await dialog.getByRole("button", { name: "Start run" }).click();
  await page.waitForURL(/\/runs\/[^/]+$/);
  return idOf(page.url());
}

step("a live run shows its samples and its nodes' load", async () => {
  const run = await start(240);
  await head("running").or(head("failed")).waitFor({ timeout: LAUNCH_MS });
  for (const id of ["throughput", "response-times", "errors", "active-users"]) await waitForPoints(page, id, 8, 90_000);
  assert.equal((await api(`/runs/${run}`)).headline.active_users, 6, "3 users on each of 2 workers");
  const nodes = page.getByRole("region", { name: "Nodes", exact: true });
  // A chart out of view is not updated.
  await nodes.scrollIntoViewIfNeeded();
  await nodes.getByText(/CPU \d/).nth(2).waitFor();
  await look(page, "cloud-live");
});

step("a stopped run has a report of what was measured", async () => {
  const run = idOf(page.url());
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop", exact: true }).click();
  await head("stopped").waitFor({ timeout: 120_000 });
  await page.getByRole("region", { name: "Distribution of response times" }).waitFor({ timeout: 30_000 });
  const { summary } = await api(`/runs/${run}/report`);
  assert.ok(summary.total.samples > 50, `${summary.total.samples} samples`);
  await look(page, "cloud-report");
});

step("the plan runs again on the same machines, to its end", async () => {
  const run = await start(15);
  await head("completed").or(head("failed")).waitFor({ timeout: LAUNCH_MS });
  const { summary } = await api(`/runs/${run}/report`);
  assert.ok(summary.total.samples > 20 && summary.partial === null, JSON.stringify(summary.partial));
});

step("the cluster is terminated, and no machine is left", async () => {
  await page.goto(clusterUrl);
  await page.getByRole("button", { name: "More about this cluster" }).click();
  await page.getByRole("menuitem", { name: /Terminate/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Terminate" }).click();
  await head("terminated").waitFor({ timeout: 120_000 });
  await look(page, "cloud-terminated");
  await page.goto(`${base}/machines`);
  await page.getByText(/No running instances|of \d+ cluster/).first().waitFor();
  const { machines } = await api("/machines");
  assert.equal(machines.filter((machine) => machine.cluster_id === idOf(clusterUrl)).length, 0);
});

step("no page threw an error", () => assert.deepEqual(faults, []));
