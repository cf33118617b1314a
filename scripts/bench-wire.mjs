#!/usr/bin/env node
// Measures the bytes on the wire of a page with 500 labels: a real browser and a real run, with a proxy in between that counts all bytes.
//
//   scripts/bench-wire.mjs [--labels 500] [--seconds 60] [--jac PATH]
//
// Starts `jac serve` on a temporary data folder and examples/bench/labels.jmx on one master and one worker, all of whose labels change each second,
// and opens the live page. Prints the bytes of the page's first load, of each second of the live page, and of the finished run's report.
// Fails if a second takes more than 20 KB or the report more than 200 KB. JMETER_HOME is the JMeter to use, CHROMIUM the browser.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { connect, createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MOST_PER_SECOND = 20_000;
const MOST_OF_REPORT = 200_000;
const require = createRequire(join(ROOT, "e2e/package.json"));
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Forwards everything, and counts the bytes that the server sends. */
function counting(port) {
  const counted = { bytes: 0 };
  const proxy = createServer((client) => {
    const server = connect(port, "127.0.0.1");
    server.on("data", (piece) => (counted.bytes += piece.length));
    for (const end of [client, server]) end.on("error", () => (client.destroy(), server.destroy()));
    client.pipe(server).pipe(client);
  });
  return new Promise((ready) => proxy.listen(0, "127.0.0.1", () => ready({ counted, proxy, url: `http://127.0.0.1:${proxy.address().port}` })));
}

async function until(what, seconds, ask) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(200);
  }
}

async function main() {
  const { values } = parseArgs({ options: { labels: { type: "string", default: "500" }, seconds: { type: "string", default: "60" }, jac: { type: "string" } } });
  const target = process.env.CARGO_TARGET_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "jac/target");
  const jac = values.jac ?? join(target, "release/jac");
  const folder = mkdtempSync(join(tmpdir(), "jac-bench-wire-"));
  const environment = { ...process.env, JAC_DATA_DIR: join(folder, "data") };
  const children = [];
  const begin = (args) => {
    const child = spawn(jac, args, { env: environment, stdio: ["ignore", "pipe", "inherit"] });
    child.text = "";
    child.stdout.on("data", (piece) => (child.text += piece));
    children.push(child);
    return child;
  };
  let browser;
  let between;
  try {
    begin(["serve", "--listen", "127.0.0.1:0"]);
    const { url, token } = await until("the server is there", 30, () => {
      try {
        return JSON.parse(readFileSync(join(folder, "data/server.json"), "utf8"));
      } catch {
        return undefined;
      }
    });
    const ask = async (path, options = {}) => {
      const answer = await fetch(`${url}/api/v1${path}`, { ...options, headers: { authorization: `Bearer ${token}`, ...options.headers } });
      return answer.ok ? answer.json() : undefined;
    };
    const duration = Number(values.seconds) + 20;
    begin(["run", join(ROOT, "examples/bench/labels.jmx"), "--workers", "1", `-Jlabels=${values.labels}`, `-Jduration=${duration}`, "--out", join(folder, "out")]);
    const run = await until("the run runs", 120, async () => (await ask("/runs?phase=running"))?.items?.[0]?.id);
    between = await counting(Number(new URL(url).port));
    const { chromium } = require("@playwright/test");
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
    // Tall enough for the table of labels: what is out of view is not rendered.
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 2_400 } })).newPage();
    const link = begin(["admin", "link"]);
    const path = await until("a sign-in link", 20, () => /https?:\/\/[^/]+(\/\S+)/.exec(link.text)?.[1]);
    await page.goto(between.url + path);
    await page.waitForURL((where) => where.pathname === "/");
    const signedIn = between.counted.bytes;
    await page.goto(`${between.url}/runs/${run}`);
    await page.getByRole("table").first().waitFor();
    await sleep(10_000);
    console.log(`the first page: ${signedIn} bytes; the run's page until its tenth second: ${between.counted.bytes - signedIn} more`);
    const live = between.counted.bytes;
    const seconds = Number(values.seconds) - 10;
    await sleep(seconds * 1000);
    const perSecond = Math.round((between.counted.bytes - live) / seconds);
    console.log(`live, ${values.labels} labels: ${perSecond} bytes a second over ${seconds} s`);
    await until("the run has finished", 120, async () => (await ask(`/runs/${run}`))?.phase === "finished");
    await page.close();
    await sleep(500);
    const before = between.counted.bytes;
    const report = await fetch(`${between.url}/api/v1/runs/${run}/report`, { headers: { authorization: `Bearer ${token}`, "accept-encoding": "gzip, br, zstd" } });
    const unpacked = (await report.arrayBuffer()).byteLength;
    const packed = between.counted.bytes - before;
    console.log(`the report's JSON: ${packed} bytes of ${unpacked} (${report.headers.get("content-encoding")})`);
    if (perSecond > MOST_PER_SECOND || packed > MOST_OF_REPORT) process.exitCode = 1;
  } finally {
    await browser?.close();
    between?.proxy.close();
    for (const child of children.reverse()) child.kill("SIGTERM");
    await sleep(2000);
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
process.exit();
