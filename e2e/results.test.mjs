// A user's own storage for results with a real S3 server: saves keys, chooses a bucket, shows the errors of a wrong one, and finds a run
// there; and the errors of a search target of the user's own. JAC's server is the tests' own, and each story has a user of its own.
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { answerTo as answerToAct, choose, expect, expectRefused, idOf, look, test as common } from "./fixtures.mjs";
import { end, useJac } from "./jac.mjs";
import { freePort } from "./provider.mjs";
import { formOf, resultLog, Session } from "./session.mjs";

const KEY = "AKIAIOSFODNN7EXAMPLE";
const SECRET = randomBytes(20).toString("hex");
let number = 0;

const test = common.extend({
  /** The S3 server: `endpoint`, and the folder of its objects. */
  gateway: [
    async ({}, use) => {
      const program = process.env.JAC_E2E_S3;
      if (!program) throw new Error("Set JAC_E2E_S3: Versity's gateway.");
      const folder = mkdtempSync(`${tmpdir()}/jac-e2e-objects-`);
      mkdirSync(`${folder}/objects/results`, { recursive: true });
      mkdirSync(`${folder}/people`);
      const port = await freePort();
      const options = ["--port", `127.0.0.1:${port}`, "--quiet", "--iam-dir", `${folder}/people`, "posix", `${folder}/objects`];
      const gateway = spawn(program, options, { stdio: "ignore", env: { ...process.env, ROOT_ACCESS_KEY_ID: KEY, ROOT_SECRET_ACCESS_KEY: SECRET } });
      await use({ endpoint: `http://127.0.0.1:${port}`, objects: `${folder}/objects` });
      await end(gateway);
      rmSync(folder, { recursive: true, force: true });
    },
    { scope: "worker" },
  ],
  /** An address where nothing listens, but to which the server may connect. */
  nowhere: [async ({}, use) => use(`http://127.0.0.1:${await freePort()}`), { scope: "worker" }],
  admin: [
    ({ gateway, nowhere }, use, info) =>
      useJac(info, () => [gateway.endpoint, nowhere].flatMap((endpoint) => ["--allowed-endpoint", endpoint]), async ({ base, folder }) => {
        const link = execFileSync(process.env.JAC_E2E_JAC, ["admin", "link", "--data-dir", `${folder}/data`], { encoding: "utf8" }).trim();
        await use(await Session.open(base, link));
      }),
    { scope: "worker" },
  ],
  person: async ({ admin }, use) => {
    const { link } = await admin.invite(`mia-${(number += 1)}`, "member");
    await use(await Session.open(admin.base, link));
  },
  /** Keys that the user has saved; the gateway accepts them, AWS does not know them. */
  keys: async ({ person }, use) => use(await person.post("/credentials?test=false", { name: "bucket", aws: { access_key_id: KEY, secret_access_key: SECRET } })),
  /** The address of a store that the user has saved. */
  store: async ({ person, keys, gateway }, use) => {
    const address = `s3://results/night-${number}`;
    const rest = { region: "us-east-1", endpoint: gateway.endpoint, kms_key: null, storage_class: null };
    await person.post("/stores", { address, credentials: keys.id, ...rest });
    await use(address);
  },
});

const expectStored = (person, run) => expect.poll(async () => (await person.get(`/runs/${run}`)).archive?.phase, { message: `${run} is stored`, timeout: 60_000 }).toBe("stored");

/** Clicks a button of the dialog, and returns the server's answer. */
const answerTo = (page, button, path) => answerToAct(page, path, () => page.getByRole("dialog").getByRole("button", { name: button }).click());

test("without keys the results page links to the credentials, where they are saved", async ({ page, person }) => {
  await page.goto("/settings/results");
  await expect(page.locator(".empty")).toBeVisible();
  await expect(page.getByRole("button", { name: "Add store" })).toBeDisabled();
  await look(page);
  await page.getByRole("main").getByRole("link", { name: "Credentials" }).last().click();
  await page.getByRole("button", { name: "Add credentials" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("bucket");
  await dialog.getByLabel("Access key ID").fill(KEY);
  await dialog.getByLabel("Secret access key").fill(SECRET);
  // AWS does not know these keys.
  await dialog.getByRole("button", { name: "Test and save" }).click();
  await dialog.getByRole("button", { name: "Save without testing" }).click({ timeout: 90_000 });
  await expect(page.getByRole("region", { name: "bucket" })).toBeVisible();
  expect((await person.get("/credentials")).map(({ name }) => name)).toEqual(["bucket"]);
});

test("errors of a bucket are shown at its field before anything is saved", async ({ page, keys: _, gateway }) => {
  await page.goto("/settings/results");
  await page.getByRole("button", { name: "Add store" }).click();
  const dialog = page.getByRole("dialog");
  const address = dialog.getByLabel("Address");
  const endpoint = dialog.getByLabel("Endpoint");
  await dialog.getByRole("button", { name: "Test and save" }).click();
  await expectRefused(address);
  await address.fill("s3://no-such-bucket/load");
  await dialog.getByLabel("Region").fill("us-east-1");
  await endpoint.fill("http://10.0.0.1:9000");
  expect(await answerTo(page, "Test and save", "/stores")).toEqual([400, "/endpoint endpoint_not_allowed"]);
  await expectRefused(endpoint);
  await endpoint.fill(gateway.endpoint);
  expect(await answerTo(page, "Test and save", "/stores")).toEqual([400, "/address artefacts_bucket_missing"]);
  await expectRefused(address);
  await look(page);
  await address.fill("s3://results/load");
  expect(await answerTo(page, "Test and save", "/stores")).toEqual([201]);
  const card = page.getByRole("region", { name: "s3://results/load" });
  await expect(card.getByText("current")).toBeVisible();
  await card.getByRole("button", { name: "Test" }).click();
  await expect(card.locator(".note-good")).toBeVisible();
  await look(page);
});

test("a run is stored in the bucket, and its samples are downloaded from there", async ({ page, person, store, gateway }) => {
  await page.goto("/runs");
  await page.getByRole("button", { name: "Import logs" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.locator("[data-upload=logs]").setInputFiles({ name: "night.jtl", mimeType: "text/plain", buffer: Buffer.from(resultLog(500)) });
  await dialog.getByLabel("Plan").fill(store);
  await dialog.getByRole("button", { name: "Import", exact: true }).click();
  await expect(page).toHaveURL(/\/runs\/r-/);
  const run = idOf(page.url());
  await expectStored(person, run);
  await expect(page.getByRole("status").locator("code").filter({ hasText: `${store}/` })).toBeVisible();
  const folder = `${gateway.objects}/${store.slice("s3://".length)}`;
  const files = readdirSync(folder, { recursive: true }).map(String);
  expect(files.filter((file) => file.endsWith(`${run}/manifest.json`))).toHaveLength(1);
  await look(page);
  // The file is downloaded from the bucket itself, by anyone who has the link.
  await page.getByRole("button", { name: "Download link for results.jtl…" }).click();
  const shown = dialog.getByLabel("Download link", { exact: true });
  await expect(shown).toContainText(`${gateway.endpoint}/${store.slice("s3://".length)}/`);
  await expect(dialog.getByText(/ in 1[45]\smin/)).toBeVisible();
  const url = await shown.innerText();
  const downloaded = await fetch(url);
  expect(downloaded.status).toBe(200);
  const stored = files.find((file) => file.endsWith(`${run}/samples/master.jtl.zst`));
  expect(Buffer.from(await downloaded.arrayBuffer()).equals(readFileSync(`${folder}/${stored}`)), "the object itself").toBe(true);
  expect((await fetch(url.replace(/X-Amz-Signature=./, "X-Amz-Signature=_"))).status).toBe(403);
  await look(page);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 390, height: 844 });
  await look(page);
  await page.goto("/settings/results");
  await expect(page.getByRole("region", { name: store }).locator("li", { hasText: "Runs" }).getByText("1", { exact: true })).toBeVisible();
});

test("samples of all runs of a plan are found, each with its run, also by the page's address", async ({ page, person, store }) => {
  const imported = async (log) => {
    const run = await person.post("/runs/import", formOf([["night.jtl", log]], { plan: store }));
    await expectStored(person, run.id);
    return run;
  };
  await imported(resultLog(500));
  const { id, plan } = await imported(resultLog(300, { fails: (n) => n % 100 === 7, code: 500, startMs: 1_790_100_000_000 }));
  await page.goto(`/plans/${plan.id}`);
  await page.getByRole("button", { name: "Search samples…" }).click();
  const form = page.getByRole("form", { name: "Search for samples" });
  await form.getByLabel("Result").selectOption("false");
  await form.getByRole("button", { name: "Search" }).click();
  const found = page.getByRole("region", { name: "Samples found" });
  const counted = (matched) => page.getByRole("status").filter({ hasText: new RegExp(`^${matched} of 800 .* 2 runs`) });
  await expect(counted(13)).toBeVisible();
  await expect(found.getByRole("row").nth(1).getByRole("link", { name: id })).toBeVisible();
  await look(page);
  // The address finds the same samples.
  await page.goto(`/plans/${plan.id}?find.code=500&find.keep=slowest`);
  await expect(counted(3)).toBeVisible();
  await found.getByRole("link", { name: id }).first().click();
  await expect(page).toHaveURL(new RegExp(`/runs/${id}`));
});

test("a search target that is not allowed or does not answer is reported at its address field", async ({ page, nowhere }) => {
  await page.goto("/settings/search");
  await page.getByRole("button", { name: "Add target" }).first().click();
  const dialog = page.getByRole("dialog");
  const address = dialog.getByLabel("Address");
  await dialog.getByLabel("Name", { exact: true }).fill("logs");
  await address.fill("http://10.0.0.1:9200");
  await dialog.getByLabel("None").check();
  expect(await answerTo(page, "Test and save", "/search/own")).toEqual([400, "/settings/url endpoint_not_allowed"]);
  await expectRefused(address);
  await look(page);
  await address.fill(nowhere);
  expect(await answerTo(page, "Test and save", "/search/own")).toEqual([400, expect.stringMatching(/^\/settings\/url /)]);
  await expectRefused(address);
  expect(await answerTo(page, "Save without testing", "/search/own")).toEqual([201]);
  const card = page.getByRole("region", { name: "logs" });
  await card.getByRole("button", { name: "Test" }).click();
  await expect(card.getByRole("alert")).toBeVisible({ timeout: 60_000 });
  await look(page);
  await choose(page, "More about logs", /Delete/);
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(card).toHaveCount(0);
});
