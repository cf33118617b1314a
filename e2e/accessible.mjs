// Checks a page with axe: no rule with serious or critical impact may be violated.
import assert from "node:assert/strict";
import axe from "axe-core";
import { shot } from "./browser.mjs";

const HEAVY = ["serious", "critical"];

/** The violations on the page in its current state: each rule with the first elements that violate it. */
async function breaches(page) {
  // Evaluated through the browser's DevTools, so the page's Content-Security-Policy stays unchanged.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter(({ impact }) => HEAVY.includes(impact))
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map(({ target }) => target.join(" ")).join(", ")}`);
}

/** Takes a screenshot of the page, and checks its accessibility. */
export async function look(page, name) {
  await shot(page, name);
  assert.deepEqual(await breaches(page), [], `${name}: rules of axe`);
}
