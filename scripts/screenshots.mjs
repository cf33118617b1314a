#!/usr/bin/env node
// Takes the screenshots of docs/screenshots: the example on this machine, live and finished, light, dark and at the width of a phone.
//
//   scripts/screenshots.mjs
//
// JAC is the executable (default: the release build), JMETER_HOME the JMeter to use, CHROMIUM the browser. Fails if an image is larger than 200 KB.
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { ROOT, openConsole, sleep, until } from "./lib/console.mjs";

const FOLDER = join(ROOT, "docs/screenshots");
const LARGEST = 200_000;
const LOOKS = [
  { name: "light", colorScheme: "light", viewport: { width: 1360, height: 900 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1360, height: 900 } },
  { name: "phone", colorScheme: "light", viewport: { width: 390, height: 844 } },
];

mkdirSync(FOLDER, { recursive: true });
const shown = await openConsole({ viewport: LOOKS[0].viewport });
const { page } = shown;
let tooLarge = 0;

async function pictures(name) {
  for (const look of LOOKS) {
    await page.emulateMedia({ colorScheme: look.colorScheme });
    await page.setViewportSize(look.viewport);
    // Wait until the charts have the new width and are painted.
    await sleep(1_500);
    const path = join(FOLDER, `${name}-${look.name}.png`);
    await page.screenshot({ path });
    const { size } = statSync(path);
    tooLarge += size > LARGEST ? 1 : 0;
    console.log(`${path}: ${(size / 1000).toFixed(0)} KB`);
  }
}

try {
  const run = await shown.run(join(ROOT, "examples/shop/shop.jmx"), ["--workers", "2", "-Jduration=110", "-Jthreads=6", "--fail-on", "p95 > 800ms", "--fail-on", "error_percent > 5%"]);
  await page.goto(`${shown.base}/runs/${run}`);
  await page.getByText("Active users", { exact: true }).first().waitFor();
  await sleep(35_000);
  await page.getByRole("button", { name: "Annotate" }).click();
  await page.getByRole("dialog").getByLabel("Text").fill("Cache flushed");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await page.getByText("Cache flushed").first().waitFor();
  await sleep(20_000);
  await pictures("run-live");
  await page.setViewportSize(LOOKS[0].viewport);
  await until("the end of the run", 240, async () => (await shown.api(`/runs/${run}`)).phase === "finished");
  await page.getByText("Duration", { exact: true }).first().waitFor();
  await sleep(2_000);
  await pictures("report");
  await page.goto(`${shown.base}/`);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await pictures("overview");
} finally {
  await shown.close();
}
process.exitCode = tooLarge === 0 && shown.faults.length === 0 ? 0 : 1;
