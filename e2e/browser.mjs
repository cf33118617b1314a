// Finds a Chromium, opens pages that record their errors, and takes screenshots.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { forward } from "./forward.mjs";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/usr/bin/google-chrome-stable", "/snap/bin/chromium"];
export const SHOTS = fileURLToPath(new URL("./screenshots/", import.meta.url));
const APART = fileURLToPath(new URL("./apart", import.meta.url));

function executable() {
  const named = process.env.CHROMIUM;
  if (named) return named;
  const found = PLACES.find((place) => existsSync(place));
  if (found === undefined) throw new Error("No Chromium was found; install one (apt-get install chromium) or name it in CHROMIUM.");
  return found;
}

const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-dev-shm-usage"];

export async function launch() {
  mkdirSync(SHOTS, { recursive: true });
  return chromium.launch({ executablePath: executable(), args: ARGUMENTS });
}

/** A browser in a separate network namespace, which reaches only the server on a port of this machine. Needs root. */
export async function launchApart(port) {
  mkdirSync(SHOTS, { recursive: true });
  const folder = mkdtempSync(`${tmpdir()}/jac-e2e-`);
  const server = await forward(`${folder}/server`, String(port));
  // If no browser starts, the forwarders must not keep the process alive.
  server.unref();
  // Playwright puts its own arguments first, so the ones that must precede them are in a script.
  const script = `${folder}/chromium`;
  writeFileSync(script, `#!/bin/sh\nexec '${APART}' ${port} '${folder}/server' '${executable()}' "$@"\n`, { mode: 0o755 });
  const browser = await chromium.launch({ executablePath: script, args: ARGUMENTS });
  browser.on("disconnected", () => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return browser;
}

/** A page in a new browser context; `faults` collects the page's errors, and what its Content-Security-Policy blocked. */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, acceptDownloads: true, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const faults = [];
  page.on("pageerror", (error) => faults.push(error.message));
  // Something of the web app that its own policy does not allow.
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) faults.push(message.text());
  });
  return { context, page, faults };
}

/** A page's cumulative layout shift since it was opened: unexpected movement, not the result of user input. */
export function shiftOf(page) {
  return page.evaluate(
    () =>
      new Promise((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) sum += value;
        }).observe({ type: "layout-shift", buffered: true });
        // The second frame reports the entries buffered before.
        requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(sum))));
      }),
  );
}

let number = 0;

export async function shot(page, name) {
  number += 1;
  await page.screenshot({ path: `${SHOTS}${String(number).padStart(2, "0")}-${name}.png`, fullPage: true });
}
