// The browser tests. Each project needs a server or what it starts one with:
//
//   JAC_E2E_URL      main, people, cloud: the server's address, e.g. http://127.0.0.1:8080
//   JAC_E2E_LINK     the same: an unused sign-in link of the administrator (`jac admin link`)
//   JAC_E2E_TARGET   main, cloud: host:port of `jac demo-target` (127.0.0.1:8081)
//   JAC_E2E_JAC      company, results: the executable
//   JAC_E2E_S3       results: Versity's gateway, an S3 server
//   JAC_E2E_KEY, JAC_E2E_SECRET   cloud: the access key that is saved
//   JAC_E2E_MAX_LATENCY_MS        main: from a sample's end to the chart, for 9 of 10 samples (2500)
//   CHROMIUM         the browser, if it is in an unusual place
//
// A story runs alone with `npx playwright test -g "its title"`. Of one that failed, test-results/ has a trace and a screenshot.
import { defineConfig } from "@playwright/test";
import { LAUNCHED } from "./browser.mjs";

const SECOND = 1000;
// A folder each: a project that starts empties its own.
const project = (name, testMatch, seconds) => ({ name, testMatch, timeout: seconds * SECOND, outputDir: `test-results/${name}` });

export default defineConfig({
  projects: [
    project("main", "walk/*.test.mjs", 600),
    project("people", "people.test.mjs", 300),
    project("company", "company.test.mjs", 300),
    project("results", "results.test.mjs", 300),
    project("cloud", "cloud.test.mjs", 900),
  ],
  globalSetup: "./sign-in.mjs",
  forbidOnly: true,
  // The stories share a server, and measure it.
  workers: 1,
  retries: 0,
  // Of a server that starts no run, a dozen stories would report it, each after minutes.
  maxFailures: 5,
  reporter: "list",
  expect: { timeout: 15 * SECOND },
  use: {
    launchOptions: LAUNCHED,
    viewport: { width: 1440, height: 1000 },
    actionTimeout: 15 * SECOND,
    navigationTimeout: 15 * SECOND,
    // A film of each page would make the tests slower.
    trace: { mode: "retain-on-failure", screenshots: false },
    screenshot: { mode: "only-on-failure", fullPage: true },
  },
});
