// Reads the data of a chart, and the age of its newest sample when it was painted.

export const canvas = (id) => `[data-chart-canvas="${id}"]`;

/** Waits until the chart shows at least this many points in time. A chart out of view is drawn only when it is scrolled into view. */
export async function waitForPoints(page, id, atLeast, timeout) {
  await page.locator(canvas(id)).scrollIntoViewIfNeeded({ timeout });
  await page.waitForFunction(
    ([selector, count]) => Number(document.querySelector(selector)?.dataset.points ?? 0) >= count,
    [canvas(id), atLeast],
    { timeout },
  );
}

export async function pointsOf(page, id) {
  return Number(await page.getAttribute(canvas(id), "data-points"));
}

/**
 * Watches the chart for a while. For each paint with new samples: `newest_ms` is the age of the newest sample, `oldest_ms` that of the
 * first one since the previous paint, which waited longest. Browser and load generators have the same clock here.
 */
export async function watchLatency(page, id, forMs) {
  await page.locator(canvas(id)).scrollIntoViewIfNeeded();
  return page.evaluate(
    ([selector, duration]) =>
      new Promise((resolve) => {
        const element = document.querySelector(selector);
        const seen = [];
        let before = Number(element.dataset.lastSampleMs ?? 0);
        const observer = new MutationObserver(() => {
          const shown = Number(element.dataset.lastSampleMs);
          if (shown === before) return;
          if (before > 0) seen.push({ newest_ms: Date.now() - shown, oldest_ms: Date.now() - before });
          before = shown;
        });
        observer.observe(element, { attributes: true, attributeFilter: ["data-last-sample-ms"] });
        setTimeout(() => {
          observer.disconnect();
          resolve(seen);
        }, duration);
      }),
    [canvas(id), forMs],
  );
}

export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
