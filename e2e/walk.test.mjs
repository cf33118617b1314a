// A new user's first hour with JAC, in a real browser, story after story: sign in, upload the shop, create a cluster of two workers, run, watch, lose
// the connection, stop, read the report, search its samples, run again and compare, schedule the plan, terminate the cluster.
//
//   JAC_E2E_URL      the server's address, e.g. http://127.0.0.1:8080
//   JAC_E2E_LINK     an unused sign-in link (`jac admin link`)
//   JAC_E2E_TARGET   host:port of `jac demo-target` (127.0.0.1:8081)
//   CHROMIUM         the browser, if it is in an unusual place
//   JAC_E2E_MAX_LATENCY_MS   from a sample's end to the chart, for 9 of 10 samples (2500)
//
// Each story starts where the one before it ended.
import assert from "node:assert/strict";
import "./walk/signing-in.mjs";
import "./walk/plan.mjs";
import "./walk/cluster.mjs";
import "./walk/live.mjs";
import "./walk/report.mjs";
import "./walk/compare.mjs";
import "./walk/afterwards.mjs";
import { faults, step } from "./walk/walk.mjs";

step("no page threw an error", () => assert.deepEqual(faults, []));
