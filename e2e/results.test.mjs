// A user's own storage for results in a real browser, with a real S3 server: saves keys, chooses a bucket, shows the errors of a wrong one, and
// finds a run there; and the errors of a search target of the user's own that is not allowed or does not exist.
//
//   JAC_E2E_JAC      the executable; the test starts its own server with it, on a temporary data folder
//   JAC_E2E_S3       the S3 server: Versity's gateway
//   CHROMIUM         the browser, if it is in an unusual place
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, before } from "node:test";
import { look } from "./accessible.mjs";
import { SHOTS, launch, openPage } from "./browser.mjs";
import { end, startJac } from "./jac.mjs";
import { freePort } from "./provider.mjs";
import { stepsOn } from "./steps.mjs";

const jac = process.env.JAC_E2E_JAC;
const gatewayProgram = process.env.JAC_E2E_S3;
const KEY = "AKIAIOSFODNN7EXAMPLE";
const SECRET = randomBytes(20).toString("hex");

let folder;
let gateway;
let server;
let base;
let endpoint;
/** An address where nothing listens, but to which the server may connect. */
let nowhere;
let browser;
let page;
let faults;
const log = [];

async function startGateway() {
  mkdirSync(`${folder}/objects/results`, { recursive: true });
  mkdirSync(`${folder}/people`);
  const port = await freePort();
  endpoint = `http://127.0.0.1:${port}`;
  const options = ["--port", `127.0.0.1:${port}`, "--quiet", "--iam-dir", `${folder}/people`, "posix", `${folder}/objects`];
  gateway = spawn(gatewayProgram, options, { stdio: "ignore", env: { ...process.env, ROOT_ACCESS_KEY_ID: KEY, ROOT_SECRET_ACCESS_KEY: SECRET } });
}

before(async () => {
  assert.ok(jac && gatewayProgram, "Set JAC_E2E_JAC and JAC_E2E_S3: the executable, and Versity's gateway.");
  folder = mkdtempSync(`${tmpdir()}/jac-e2e-results-`);
  await startGateway();
  nowhere = `http://127.0.0.1:${await freePort()}`;
  ({ server, base } = await startJac(jac, folder, ["--allowed-endpoint", endpoint, "--allowed-endpoint", nowhere], log));
  browser = await launch();
  ({ page, faults } = await openPage(browser));
  await page.goto(execFileSync(jac, ["admin", "link", "--data-dir", `${folder}/data`], { encoding: "utf8" }).trim());
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
});

after(async () => {
  await browser?.close();
  await end(server);
  await end(gateway);
  rmSync(folder, { recursive: true, force: true });
  writeFileSync(`${SHOTS}results-server.log`, `${log.join("\n")}\n`);
});

const step = stepsOn(() => page, "results-failed");

const dialog = () => page.getByRole("dialog");
/** Clicks a button of the dialog, and returns the status and the errors in the server's answer. */
async function answerTo(button, path) {
  const answered = page.waitForResponse((answer) => new URL(answer.url()).pathname.startsWith(`/api/v1${path}`) && answer.request().method() !== "GET", { timeout: 60_000 });
  await dialog().getByRole("button", { name: button }).click();
  const answer = await answered;
  const { error } = answer.status() < 400 ? {} : await answer.json();
  return [answer.status(), ...(error?.faults ?? []).map(({ field, code }) => `${field} ${code}`)];
}
/** The message at a field of the dialog. */
async function saidAt(label) {
  const field = dialog().getByLabel(label);
  assert.equal(await field.getAttribute("aria-invalid"), "true", label);
  const described = (await field.getAttribute("aria-describedby")).split(" ");
  return (await Promise.all(described.map((id) => page.locator(`[id="${id}"]`).innerText()))).join(" ");
}

step("without keys the results page links to the credentials", async () => {
  await page.goto(`${base}/settings/results`);
  await page.getByText("No store of your own.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Add store" }).isDisabled(), true);
  await look(page, "results-empty");
  await page.getByRole("main").getByRole("link", { name: "Credentials" }).last().click();
  await page.getByRole("button", { name: "Add credentials" }).first().click();
  await dialog().getByLabel("Name").fill("bucket");
  await dialog().getByLabel("Access key ID").fill(KEY);
  await dialog().getByLabel("Secret access key").fill(SECRET);
  // AWS does not know these keys; the gateway does.
  await dialog().getByRole("button", { name: "Test and save" }).click();
  await dialog().getByRole("button", { name: "Save without testing" }).click({ timeout: 90_000 });
  await page.getByRole("region", { name: "bucket" }).or(page.getByRole("heading", { name: "bucket" })).first().waitFor();
});

step("errors of a bucket are shown at its field before anything is saved", async () => {
  await page.goto(`${base}/settings/results`);
  await page.getByRole("button", { name: "Add store" }).click();
  await dialog().getByRole("button", { name: "Test and save" }).click();
  await saidAt("Address");
  await dialog().getByLabel("Address").fill("s3://no-such-bucket/load");
  await dialog().getByLabel("Region").fill("us-east-1");
  await dialog().getByLabel("Endpoint").fill("http://10.0.0.1:9000");
  assert.deepEqual(await answerTo("Test and save", "/stores"), [400, "/endpoint endpoint_not_allowed"]);
  await saidAt("Endpoint");
  await dialog().getByLabel("Endpoint").fill(endpoint);
  assert.deepEqual(await answerTo("Test and save", "/stores"), [400, "/address artefacts_bucket_missing"]);
  await saidAt("Address");
  await look(page, "results-no-bucket");
  await dialog().getByLabel("Address").fill("s3://results/load");
  assert.deepEqual(await answerTo("Test and save", "/stores"), [201]);
  const card = page.getByRole("region", { name: "s3://results/load" });
  await card.getByText("current").waitFor();
  await card.getByRole("button", { name: "Test" }).click();
  await card.getByText("Test passed: JAC can write, read and delete.").waitFor();
  await look(page, "results-store");
});

step("a run is stored in the bucket, and its report and samples are read from there", async () => {
  const rows = Array.from({ length: 500 }, (_, n) => `${1_790_000_000_000 + n * 100},${100 + (n % 40)},Page ${n % 3},200,OK,T 1-1,${n % 50 !== 0}`);
  const jtl = ["timeStamp,elapsed,label,responseCode,responseMessage,threadName,success", ...rows, ""].join("\n");
  await page.goto(`${base}/runs`);
  await page.getByRole("button", { name: "Import logs" }).first().click();
  await dialog().locator("[data-upload=logs]").setInputFiles({ name: "night.jtl", mimeType: "text/plain", buffer: Buffer.from(jtl) });
  await dialog().getByLabel("Plan").fill("Night");
  await dialog().getByRole("button", { name: "Import", exact: true }).click();
  await page.waitForURL(/\/runs\/r-/);
  await page.getByText(/Stored in/).waitFor({ timeout: 60_000 });
  const run = new URL(page.url()).pathname.split("/").at(-1);
  const files = readdirSync(`${folder}/objects/results/load`, { recursive: true }).map(String);
  assert.ok(files.some((file) => file.endsWith(`${run}/manifest.json`)), files.join("\n"));
  await look(page, "results-run");
  // The file is downloaded from the bucket itself, by anyone who has the link.
  const link = page.getByRole("button", { name: "Download link for results.jtl…" });
  await link.click();
  const shown = dialog().getByLabel("Download link", { exact: true });
  const url = await shown.innerText();
  assert.ok(url.startsWith(`${endpoint}/results/load/`), url);
  await dialog().getByText(/Expires at .* in 1[45]\smin/).waitFor();
  const downloaded = await fetch(url);
  assert.equal(downloaded.status, 200);
  const stored = files.find((file) => file.endsWith(`${run}/samples/master.jtl.zst`));
  assert.ok(Buffer.from(await downloaded.arrayBuffer()).equals(readFileSync(`${folder}/objects/results/load/${stored}`)), "the object itself");
  assert.equal((await fetch(url.replace(/X-Amz-Signature=./, "X-Amz-Signature=_"))).status, 403);
  await look(page, "results-link");
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 390, height: 844 });
  await look(page, "results-link-narrow");
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1440, height: 1000 });
  await dialog().getByRole("button", { name: "Close" }).last().click();
  await page.goto(`${base}/settings/results`);
  await page.getByRole("region", { name: "s3://results/load" }).locator("li", { hasText: "Runs" }).getByText("1", { exact: true }).waitFor();
});

step("samples of all runs of a plan are found, each with its run, also by the page's address", async () => {
  const rows = Array.from({ length: 300 }, (_, n) => `${1_790_100_000_000 + n * 100},${100 + (n % 40)},Page ${n % 3},${n % 100 === 7 ? 500 : 200},OK,T 1-1,${n % 100 !== 7}`);
  writeFileSync(`${folder}/second.jtl`, ["timeStamp,elapsed,label,responseCode,responseMessage,threadName,success", ...rows, ""].join("\n"));
  const said = execFileSync(jac, ["import", `${folder}/second.jtl`, "--plan", "Night", "--output", "json", "--data-dir", `${folder}/data`], { encoding: "utf8" });
  const { id, plan } = JSON.parse(said);
  await page.goto(`${base}/plans/${plan.id}`);
  await page.getByRole("button", { name: "Search samples…" }).click();
  const form = page.getByRole("form", { name: "Search for samples" });
  await form.getByLabel("Result").selectOption("false");
  await form.getByRole("button", { name: "Search" }).click();
  await page.getByText("13 of 800 samples match in 2 runs").waitFor();
  const first = page.getByRole("region", { name: "Samples found" }).getByRole("row").nth(1);
  await first.getByRole("link", { name: id }).waitFor();
  await look(page, "plan-samples");
  // The address finds the same samples.
  await page.goto(`${base}/plans/${plan.id}?find.code=500&find.keep=slowest`);
  await page.getByText("3 of 800 samples match in 2 runs").waitFor();
  await page.getByRole("region", { name: "Samples found" }).getByRole("link", { name: id }).first().click();
  await page.waitForURL(`**/runs/${id}`);
});

step("a search target that is not allowed or does not answer is reported at its address field", async () => {
  await page.goto(`${base}/settings/search`);
  await page.getByRole("button", { name: "Add target" }).first().click();
  await dialog().getByLabel("Name", { exact: true }).fill("logs");
  await dialog().getByLabel("Address").fill("http://10.0.0.1:9200");
  await dialog().getByLabel("None").check();
  assert.deepEqual(await answerTo("Test and save", "/search/own"), [400, "/settings/url endpoint_not_allowed"]);
  await saidAt("Address");
  await look(page, "search-not-allowed");
  await dialog().getByLabel("Address").fill(nowhere);
  const [status, fault] = await answerTo("Test and save", "/search/own");
  assert.deepEqual([status, fault?.split(" ")[0]], [400, "/settings/url"]);
  await saidAt("Address");
  assert.deepEqual(await answerTo("Save without testing", "/search/own"), [201]);
  const card = page.getByRole("region", { name: "logs" });
  await card.getByRole("button", { name: "Test" }).click();
  await card.getByRole("alert").waitFor({ timeout: 60_000 });
  await look(page, "search-target");
  await card.getByRole("button", { name: "More about logs" }).click();
  await page.getByRole("menuitem", { name: /Delete/ }).click();
  await dialog().getByRole("button", { name: "Delete" }).click();
  await card.waitFor({ state: "detached" });
});

step("no page threw an error", () => assert.deepEqual(faults, []));
