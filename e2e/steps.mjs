// Steps of a walk: they build on each other, so after one fails the others say so instead of failing in strange places.
import { test } from "node:test";
import { shot } from "./browser.mjs";

/** `step(name, body)` for a walk on a page, of which a picture of this name is taken where a step fails. */
export function stepsOn(page, picture) {
  let stopped = null;
  return (name, body) =>
    test(name, async (t) => {
      if (stopped !== null) return t.skip(`“${stopped}” failed`);
      try {
        await body(t);
      } catch (error) {
        stopped = name;
        if (page() !== undefined) await shot(page(), picture).catch(() => undefined);
        throw error;
      }
    });
}
