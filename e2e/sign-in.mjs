// A sign-in link works once, and Playwright starts a new worker after each failure: the session is opened here, for all of them.
import { Session } from "./session.mjs";

export default async function signIn() {
  const { JAC_E2E_URL: url, JAC_E2E_LINK: link } = process.env;
  if (url === undefined || link === undefined) return;
  const { cookie, page } = await Session.open(url.replace(/\/$/, ""), link);
  process.env.JAC_E2E_SESSION = JSON.stringify({ cookie, page });
}
