// The web app during a run: a server on a temporary data folder, the demo shop, and a browser that is signed in.
// For scripts that measure the page or take screenshots. Loopback only; `close` stops everything that was started.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { launch, openPage } from "../../e2e/browser.mjs";
import { end, startJac } from "../../e2e/jac.mjs";

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const target = process.env.CARGO_TARGET_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "jac/target");
export const JAC = process.env.JAC ?? join(target, "release/jac");

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export async function until(what, seconds, ask) {
  const last = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > last) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(250);
  }
}

export async function openConsole(options = {}) {
  const folder = mkdtempSync(join(tmpdir(), "jac-console-"));
  const environment = { ...process.env, JAC_DATA_DIR: join(folder, "data") };
  const children = [];
  const log = [];
  let browser;
  const close = async () => {
    await browser?.close();
    for (const child of children.reverse()) await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const jac = (args, stdout = "pipe") => {
    const child = spawn(JAC, args, { env: environment, stdio: ["ignore", stdout, "pipe"] });
    createInterface({ input: child.stderr }).on("line", (line) => log.push(line));
    children.push(child);
    return child;
  };
  const firstLine = (child) => new Promise((done) => createInterface({ input: child.stdout }).once("line", done));
  try {
    const { server, base } = await startJac(JAC, folder, [], log);
    children.push(server);
    const shop = new URL(/http:\S+/.exec(await firstLine(jac(["demo-target", "--listen", "127.0.0.1:0"])))[0]);
    const link = await firstLine(jac(["admin", "link"]));
    browser = await launch();
    const { context, page, faults } = await openPage(browser, options);
    await page.goto(/http:\S+/.exec(link)[0]);
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    const api = async (path) => {
      const secret = await page.evaluate(() => localStorage.getItem("jac.page"));
      return (await page.request.get(`${base}/api/v1${path}`, { headers: { "X-JAC-Page": secret } })).json();
    };
    /** Starts a plan on a new cluster, and returns the run once it has samples. */
    const run = async (plan, args) => {
      const before = (await api("/runs?limit=1")).items[0]?.id;
      jac(["run", plan, "--out", join(folder, `out-${children.length}`), `-Jtarget.port=${shop.port}`, ...args], "ignore");
      const started = async () => {
        const [newest] = (await api("/runs?limit=1")).items;
        if (newest === undefined || newest.id === before) return null;
        return (await api(`/runs/${newest.id}`)).headline?.samples > 0 ? newest.id : null;
      };
      return until("the run's first samples", 180, started).catch((error) => {
        throw new Error(`${error.message}\n${log.slice(-10).join("\n")}`);
      });
    };
    return { base, browser, context, page, faults, folder, api, run, close, server };
  } catch (error) {
    await close();
    throw error;
  }
}
