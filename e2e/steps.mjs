// Steps of a test that build on each other: after one fails, the others fail with that reason instead of a misleading one.
import { test } from "node:test";
import { shot } from "./browser.mjs";

/** `step(name, body)` for a test of a page, of which a screenshot with this name is taken if the step fails. */
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
