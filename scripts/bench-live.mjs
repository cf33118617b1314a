#!/usr/bin/env node
// Measures how many live pages one server supports: real Socket.IO clients, in several processes, all following one run, and requests.
//
//   scripts/bench-live [--pages 10000] [--seconds 60] [--processes 4] [--rate 200] [--jac PATH]
//
// Starts `jac serve` on a temporary data folder, a demo shop, and examples/shop on one master and one worker; creates and signs in the users that
// the pages need (one per 200 pages). Prints the delay from the creation of a snapshot to its arrival, by this machine's one clock, its size,
// and how long the requests took. Fails if a page was lost, a snapshot arrived later than after 2 s or was larger than 25 KB. JMETER_HOME is
// the JMeter to use. Each process of clients decompresses a snapshot only once, so that the server is measured and not the clients.
import { fork, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { inflateSync } from "node:zlib";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PAGES_OF_A_PERSON = 200;
const LONGEST_DELAY_MS = 2000;
const LARGEST = 25_000;
const require = createRequire(join(ROOT, "web/package.json"));

/** A process with some of the pages. It receives their sessions, and reports its figures at the end. */
async function pages() {
  const { io } = require("socket.io-client");
  // All pages of a run get the same bytes: only one of them decompresses them, for the time of creation.
  const known = { packed: Buffer.alloc(0), at: 0 };
  const madeAt = (packed) => {
    if (!packed.equals(known.packed)) Object.assign(known, { packed, at: JSON.parse(inflateSync(packed)).at_ms });
    return known.at;
  };
  const counted = { connected: 0, lost: 0, refused: {}, delays: {}, snapshots: 0, late: 0, worst: 0, largest: 0 };
  let counts = false;
  process.on("message", (message) => {
    if (message.count !== undefined) counts = message.count;
    if (message.end) process.send({ counted }, () => process.exit(0));
    if (!message.people) return;
    for (const { url, run, cookie, page, count } of message.people) {
      for (let made = 0; made < count; made += 1) {
        const socket = io(url, {
          path: "/socket.io", transports: ["websocket"], forceNew: true, reconnection: false, timeout: 60_000,
          extraHeaders: { cookie, origin: url }, auth: { page },
        });
        socket.on("connect", () => {
          counted.connected += 1;
          socket.emit("subscribe_run", { run_id: run, after: 0 }, () => process.send({ subscribed: 1 }));
        });
        socket.on("connect_error", (error) => {
          counted.refused[error.message] = (counted.refused[error.message] ?? 0) + 1;
          process.send({ subscribed: 1 });
        });
        socket.on("disconnect", () => (counted.lost += counts ? 1 : 0));
        socket.on("snapshot", (packed) => {
          if (!counts) return;
          const delay = Date.now() - madeAt(packed);
          counted.snapshots += 1;
          counted.worst = Math.max(counted.worst, delay);
          counted.late += delay > LONGEST_DELAY_MS ? 1 : 0;
          counted.largest = Math.max(counted.largest, packed.length);
          const step = Math.round(delay / 10) * 10;
          counted.delays[step] = (counted.delays[step] ?? 0) + 1;
        });
      }
    }
  });
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function until(what, seconds, ask) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(200);
  }
}

/** A percentile of the delays of all snapshots, from their counts per step. */
function percentile(delays, share) {
  const steps = Object.keys(delays).map(Number).sort((one, other) => one - other);
  const all = steps.reduce((sum, step) => sum + delays[step], 0);
  let seen = 0;
  for (const step of steps) {
    seen += delays[step];
    if (seen >= all * share) return step;
  }
  return Number.NaN;
}

async function main() {
  const { values } = parseArgs({
    options: {
      pages: { type: "string", default: "10000" }, seconds: { type: "string", default: "60" },
      processes: { type: "string", default: "4" }, rate: { type: "string", default: "200" }, jac: { type: "string" },
    },
  });
  const [requested, seconds, processes, rate] = [values.pages, values.seconds, values.processes, values.rate].map(Number);
  const target = process.env.CARGO_TARGET_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "jac/target");
  const jac = values.jac ?? join(target, "release/jac");
  const folder = mkdtempSync(join(tmpdir(), "jac-bench-live-"));
  const environment = { ...process.env, JAC_DATA_DIR: join(folder, "data") };
  const children = [];
  const begin = (args) => {
    const child = spawn(jac, args, { env: environment, stdio: ["ignore", "pipe", "ignore"] });
    children.push(child);
    let text = "";
    child.stdout.on("data", (piece) => (text += piece));
    return { child, url: () => until(args.join(" "), 30, () => /https?:\/\/[^\s]+/.exec(text)?.[0]) };
  };
  const run = (args) =>
    new Promise((done, failed) => {
      let text = "";
      const child = spawn(jac, args, { env: environment, stdio: ["ignore", "pipe", "inherit"] });
      child.stdout.on("data", (piece) => (text += piece));
      child.on("exit", (code) => (code === 0 ? done(text.trim()) : failed(new Error(`jac ${args.join(" ")}: exit code ${code}`))));
    });
  try {
    // One address with all pages, as behind a proxy.
    const server = begin(["serve", "--listen", "127.0.0.1:0", "--trusted-proxy", "127.0.0.1/32"]);
    const url = await server.url();
    const shop = new URL(await begin(["demo-target", "--listen", "127.0.0.1:0"]).url());
    const { token } = JSON.parse(readFileSync(join(folder, "data/server.json"), "utf8"));
    const get = (path) => fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });

    const people = [];
    for (let left = requested; left > 0; left -= PAGES_OF_A_PERSON) {
      const link = await run(["admin", "user", "add", `Viewer ${people.length}`, "--role", "viewer"]);
      const opened = await fetch(`${url}/api/v1/session`, {
        method: "POST", headers: { "content-type": "application/json", origin: url },
        body: JSON.stringify({ token: link.split("token=")[1] }),
      });
      if (!opened.ok) throw new Error(`no session: ${opened.status} ${await opened.text()}`);
      const { page } = await opened.json();
      const cookie = opened.headers.get("set-cookie").split(";")[0];
      people.push({ cookie, page, count: Math.min(left, PAGES_OF_A_PERSON) });
    }

    begin(["run", join(ROOT, "examples/shop/shop.jmx"), "--workers", "1", "--out", join(folder, "out"), `-Jtarget.port=${shop.port}`, "-Jduration=1200"]);
    const running = await until("the run", 120, async () => {
      const { items } = await (await get("/runs?limit=1")).json();
      return items[0]?.headline?.samples > 0 ? items[0].id : null;
    });

    let subscribed = 0;
    const workers = Array.from({ length: processes }, () => fork(fileURLToPath(import.meta.url), ["--a-process-of-pages"]));
    children.push(...workers);
    for (const worker of workers) worker.on("message", (message) => (subscribed += message.subscribed ?? 0));
    const began = Date.now();
    people.forEach((person, place) => workers[place % processes].send({ people: [{ url, run: running, ...person }] }));
    await until("all pages", 300, () => subscribed >= requested);
    const opening = (Date.now() - began) / 1000;

    for (const worker of workers) worker.send({ count: true });
    const answers = [];
    let failures = 0;
    const from = Date.now();
    const end = from + seconds * 1000;
    const asking = [];
    for (let asked = 0; Date.now() < end; asked += 1) {
      const started = Date.now();
      asking.push(get("/runs?limit=50").then(async (answer) => {
        await answer.arrayBuffer();
        failures += answer.ok ? 0 : 1;
        answers.push(Date.now() - started);
      }, () => (failures += 1)));
      const due = from + ((asked + 1) * 1000) / rate;
      if (due > Date.now()) await sleep(due - Date.now());
    }
    await Promise.all(asking);
    for (const worker of workers) worker.send({ count: false });
    const memory = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, "utf8"))?.[1];
    const counted = await Promise.all(workers.map((worker) => new Promise((done) => {
      worker.on("message", (message) => message.counted && done(message.counted));
      worker.send({ end: true });
    })));

    const sum = (of) => counted.reduce((all, one) => all + of(one), 0);
    const most = (of) => Math.max(...counted.map(of));
    const delays = {};
    for (const one of counted) for (const [step, count] of Object.entries(one.delays)) delays[step] = (delays[step] ?? 0) + count;
    const connected = sum((one) => one.connected);
    const [lost, late, snapshots] = [sum((one) => one.lost), sum((one) => one.late), sum((one) => one.snapshots)];
    answers.sort((one, other) => one - other);
    console.log(`${connected} of ${requested} pages live after ${opening.toFixed(1)} s, ${lost} lost; ${Math.round(memory / 1024)} MB resident`);
    console.log(`snapshots: ${snapshots} in ${seconds} s, delay median ${percentile(delays, 0.5)} ms, 99 % ${percentile(delays, 0.99)} ms, worst ${most((one) => one.worst)} ms, ${late} later than ${LONGEST_DELAY_MS} ms; largest ${(most((one) => one.largest) / 1000).toFixed(1)} KB`);
    console.log(`requests: ${answers.length} (${(answers.length / seconds).toFixed(0)}/s), median ${answers[answers.length >> 1]} ms, worst ${answers.at(-1)} ms, ${failures} failed`);
    const refused = counted.flatMap((one) => Object.entries(one.refused));
    if (refused.length > 0) console.log("refused:", refused);
    const held = connected === requested && lost === 0 && late === 0 && failures === 0 && snapshots > 0 && most((one) => one.largest) <= LARGEST;
    console.log(held ? "held" : "not held");
    process.exitCode = held ? 0 : 1;
  } finally {
    for (const child of children.reverse()) child.kill("SIGTERM");
    await sleep(3000);
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv.includes("--a-process-of-pages")) await pages();
else await main();
