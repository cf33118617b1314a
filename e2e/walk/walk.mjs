// What the stories of the walk have in common: the browser, the page that they go through, the server's own words, and what one story leaves
// for the next.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { launch, openPage } from "../browser.mjs";
import { stepsOn } from "../steps.mjs";

export const base = process.env.JAC_E2E_URL?.replace(/\/$/, "");
export const link = process.env.JAC_E2E_LINK;
export const [targetHost, targetPort] = (process.env.JAC_E2E_TARGET ?? "127.0.0.1:8081").split(":");
export const maxLatency = Number(process.env.JAC_E2E_MAX_LATENCY_MS ?? 2500);
export const shop = (name) => fileURLToPath(new URL(`../../examples/shop/${name}`, import.meta.url));
export const LAUNCH_MS = 120_000;

export let browser;
export let page;
export let faults;
/** The plan's and the cluster's pages, and the first and the second run. */
export const walked = { planUrl: "", clusterUrl: "", runId: "", secondId: "" };

/** The page's own WebSockets, so that the walk can break them. */
const sockets = [];
let broken = false;

before(async () => {
  assert.ok(base && link, "Set JAC_E2E_URL and JAC_E2E_LINK: where the server is, and an unused sign-in link.");
  browser = await launch();
  ({ page, faults } = await openPage(browser));
  await page.routeWebSocket(/\/socket\.io\//, (socket) => {
    if (broken) return void socket.close();
    sockets.push(socket);
    socket.connectToServer();
  });
  // Without a WebSocket the page asks again and again, which a lost connection lets through as little.
  await page.route(/\/socket\.io\//, (route) => (broken ? route.abort() : route.continue()));
});

after(async () => {
  await browser?.close();
});

export const step = stepsOn(() => page, "failed");

/** Nothing gets from the page to the server or back by its live connection. */
export async function loseConnection() {
  broken = true;
  for (const socket of sockets.splice(0)) await socket.close().catch(() => undefined);
}

export function restoreConnection() {
  broken = false;
}

export const head = (text) => page.locator(".page-title .chip", { hasText: text });

/** How many buckets lie between the first and the last: the page shows those without a sample too. */
export const bucketsOf = (points, width) => (points.length === 0 ? 0 : (points.at(-1).t_ms - points[0].t_ms) / width + 1);

/** The page's half of the session goes along, as the page itself sends it. */
export const api = async (path) => {
  const secret = await page.evaluate(() => localStorage.getItem("jac.page"));
  return (await page.request.get(`${base}/api/v1${path}`, { headers: { "X-JAC-Page": secret } })).json();
};
