// Reads the data of a chart, and the age of its newest sample when it was painted.
import { expect } from "@playwright/test";

export const chart = (page, id) => page.locator(`[data-chart-canvas="${id}"]`);

export const pointsOf = async (page, id) => Number(await chart(page, id).getAttribute("data-points"));

/** Waits until the chart shows at least this many points in time. A chart out of view is drawn only when it is scrolled into view. */
export async function expectPoints(page, id, atLeast, timeout = 10_000) {
  await chart(page, id).scrollIntoViewIfNeeded({ timeout });
  await expect.poll(() => pointsOf(page, id), { message: `points of ${id}`, timeout, intervals: [100, 250] }).toBeGreaterThanOrEqual(atLeast);
}

/**
 * Watches the chart for a while. For each paint with new samples: `newest_ms` is the age of the newest sample, `oldest_ms` that of the
 * first one since the previous paint, which waited longest. Browser and load generators have the same clock here.
 */
export async function watchLatency(page, id, forMs) {
  await chart(page, id).scrollIntoViewIfNeeded();
  return chart(page, id).evaluate(
    (element, duration) =>
      new Promise((resolve) => {
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
    forMs,
  );
}

export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
