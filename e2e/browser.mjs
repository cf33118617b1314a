// Finds a Chromium, and opens pages that record their errors.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";
import { forward } from "./forward.mjs";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/usr/bin/google-chrome-stable", "/snap/bin/chromium"];
const APART = fileURLToPath(new URL("./apart", import.meta.url));

function executable() {
  const named = process.env.CHROMIUM;
  if (named) return named;
  const found = PLACES.find((place) => existsSync(place));
  if (found === undefined) throw new Error("No Chromium was found; install one (apt-get install chromium) or name it in CHROMIUM.");
  return found;
}

/** How it is launched. */
export const LAUNCHED = {
  executablePath: executable(),
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-dev-shm-usage"],
};

export const launch = () => chromium.launch(LAUNCHED);

/** A browser in a separate network namespace, which reaches only the server on a port of this machine. Needs root. */
export async function launchApart(port) {
  const folder = mkdtempSync(`${tmpdir()}/jac-e2e-`);
  const server = await forward(`${folder}/server`, String(port));
  // If no browser starts, the forwarders must not keep the process alive.
  server.unref();
  // Playwright puts its own arguments first, so the ones that must precede them are in a script.
  const script = `${folder}/chromium`;
  writeFileSync(script, `#!/bin/sh\nexec '${APART}' ${port} '${folder}/server' '${LAUNCHED.executablePath}' "$@"\n`, { mode: 0o755 });
  const browser = await chromium.launch({ ...LAUNCHED, executablePath: script });
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
