// What the stories of the walk share: the browser, its page, the server's log, and what one story leaves
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
/** The pages of the plan and the cluster, and the first and the second run. */
export const walked = { planUrl: "", clusterUrl: "", runId: "", secondId: "" };

/** The page's own WebSockets, so that the walk can close them. */
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
  // Without a WebSocket the page polls, which a lost connection must block too.
  await page.route(/\/socket\.io\//, (route) => (broken ? route.abort() : route.continue()));
});

after(async () => {
  await browser?.close();
});

export const step = stepsOn(() => page, "failed");

/** Blocks the page's live connection in both directions. */
export async function loseConnection() {
  broken = true;
  for (const socket of sockets.splice(0)) await socket.close().catch(() => undefined);
}

export function restoreConnection() {
  broken = false;
}

export const head = (text) => page.locator(".page-title .chip", { hasText: text });

/** The number of buckets between the first and the last: the page shows those without a sample too. */
export const bucketsOf = (points, width) => (points.length === 0 ? 0 : (points.at(-1).t_ms - points[0].t_ms) / width + 1);

/** Includes the page's half of the session, as the page itself sends it. */
export const api = async (path) => {
  const secret = await page.evaluate(() => localStorage.getItem("jac.page"));
  return (await page.request.get(`${base}/api/v1${path}`, { headers: { "X-JAC-Page": secret } })).json();
};
