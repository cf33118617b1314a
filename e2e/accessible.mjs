// Holds a page against axe's rules: none of those whose breach is serious or critical may be broken.
import assert from "node:assert/strict";
import axe from "axe-core";
import { shot } from "./browser.mjs";

const HEAVY = ["serious", "critical"];

/** What is broken on the page as it is now, each rule with the first elements that break it. */
async function breaches(page) {
  // Evaluated by the browser's own tools, so the page's Content-Security-Policy stays as it is.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations
    .filter(({ impact }) => HEAVY.includes(impact))
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map(({ target }) => target.join(" ")).join(", ")}`);
}

/** A picture of the page, which must be accessible. */
export async function look(page, name) {
  await shot(page, name);
  assert.deepEqual(await breaches(page), [], `${name}: rules of axe`);
}
