// The server replaces the `null` of one exact string in report.html; this fails the build if that string is not there exactly once,
// or if the page would request anything from the network.
import { readFileSync } from "node:fs";

const file = new URL("../dist-report/report.html", import.meta.url);
const html = readFileSync(file, "utf8");
const slot = '<script type="application/json" id="jac-report">null</script>';
const faults = [];
const found = html.split(slot).length - 1;
if (found !== 1) faults.push(`the data slot is there ${found} times, not once: ${slot}`);
for (const [, url] of html.matchAll(/<(?:script|link|img)\b[^>]*\b(?:src|href)="([^"]*)"/g)) {
  if (!url.startsWith("data:")) faults.push(`the page loads something from outside itself: ${url}`);
}
if (faults.length > 0) {
  for (const fault of faults) console.error(`report.html: ${fault}`);
  process.exit(1);
}
console.log(`report.html: one file, ${Math.round(html.length / 1024)} KB, data slot in place`);
